"""Reads input registers over Modbus RTU with pymodbus: read-rtu.py PORT UNIT:ADDRESS:COUNT... prints a JSON list.
PORT is a serial device, or HOST:PORT of a serial device server that passes the bytes on as they are."""
import json
import sys

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.transaction import ModbusRtuFramer

where, *reads = sys.argv[1:]
if where.startswith("/"):
    client = ModbusSerialClient(where, baudrate=9600, timeout=5)
else:
    host, port = where.split(":")
    client = ModbusTcpClient(host, port=int(port), framer=ModbusRtuFramer, timeout=5)
if not client.connect():
    sys.exit("no connection")
answers = []
for unit, address, count in (map(int, read.split(":")) for read in reads):
    reply = client.read_input_registers(address, count, slave=unit)
    answers.append({"exception": getattr(reply, "exception_code", str(reply))} if reply.isError() else reply.registers)
client.close()
print(json.dumps(answers))
