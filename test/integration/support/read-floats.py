"""Reads 32-bit floats from input registers with pymodbus: read-floats.py PORT ADDRESS... prints a JSON list."""
import json
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.constants import Endian
from pymodbus.payload import BinaryPayloadDecoder

port, *addresses = map(int, sys.argv[1:])
client = ModbusTcpClient("127.0.0.1", port=port)
if not client.connect():
    sys.exit("no connection")
values = []
for address in addresses:
    reply = client.read_input_registers(address, 2, slave=1)
    if reply.isError():
        values.append({"exception": getattr(reply, "exception_code", str(reply))})
        continue
    decoder = BinaryPayloadDecoder.fromRegisters(reply.registers, byteorder=Endian.Big, wordorder=Endian.Big)
    values.append(decoder.decode_32bit_float())
client.close()
print(json.dumps(values))
