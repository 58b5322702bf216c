"""Switches one coil over Modbus TCP with pymodbus and reads eight back: switch-outlet.py PORT COIL 0|1."""
import json
import sys

from pymodbus.client import ModbusTcpClient

port, coil, wanted = map(int, sys.argv[1:])
client = ModbusTcpClient("127.0.0.1", port=port)
if not client.connect():
    sys.exit("no connection")
if client.write_coil(coil, bool(wanted)).isError():
    sys.exit("refused")
coils = client.read_coils(0, 8).bits
client.close()
print(json.dumps(coils))
