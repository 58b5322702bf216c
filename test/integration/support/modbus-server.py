"""A Modbus server of pymodbus with values of every type and order on unit 7: "tcp", or "rtu PATH". Prints its port and
what it holds as one line of JSON, then serves until it is ended. A read of holding registers from 40000 on is refused
with the exception whose code is the rest."""
import asyncio
import itertools
import json
import logging
import sys

from pymodbus.constants import Endian
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.payload import BinaryPayloadBuilder
from pymodbus.register_read_message import ReadHoldingRegistersRequest
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer
from pymodbus.transaction import ModbusRtuFramer

UNIT = 7
REGISTERS = 200
COILS = [1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1]
REFUSED_FROM = 40000
ORDERS = {"big": Endian.Big, "little": Endian.Little}
VALUES = {
    "u16": ("add_16bit_uint", 0xFEDC),
    "s16": ("add_16bit_int", -1234),
    "u32": ("add_32bit_uint", 0xFEDCBA98),
    "s32": ("add_32bit_int", -123456789),
    "u64": ("add_64bit_uint", 0x001FEDCBA9876543),
    "s64": ("add_64bit_int", -123456789012345),
    "f32": ("add_32bit_float", 49.984375),
    "f64": ("add_64bit_float", 59.9712345678901),
}


def layout():
    """Registers side by side, and what each of them means."""
    registers, points = [], []
    for (kind, (add, value)), words, octets in itertools.product(VALUES.items(), ORDERS, ORDERS):
        builder = BinaryPayloadBuilder(byteorder=ORDERS[octets], wordorder=ORDERS[words])
        getattr(builder, add)(value)
        points.append(
            {"address": len(registers), "type": kind, "word_order": words, "byte_order": octets, "value": value}
        )
        registers += builder.to_registers()
    return registers, points


class RefusingRequest(ReadHoldingRegistersRequest):
    def execute(self, context):
        if self.address > REFUSED_FROM:
            return self.doException(self.address - REFUSED_FROM)
        return super().execute(context)


async def serve(context, how, path=None):
    """Returns the server, and the port it listens on, 0 on a serial line."""
    if how == "tcp":
        server = ModbusTcpServer(context, address=("127.0.0.1", 0))
        server.decoder.register(RefusingRequest)
        asyncio.ensure_future(server.serve_forever())
        await server.serving
        return server, server.server.sockets[0].getsockname()[1]
    server = ModbusSerialServer(context, framer=ModbusRtuFramer, port=path, baudrate=115200, timeout=1)
    server.decoder.register(RefusingRequest)
    await server.start()
    asyncio.ensure_future(server.serve_forever())
    return server, 0


async def main():
    logging.disable()  # it reports each exception that the tests provoke
    registers, points = layout()
    registers += range(len(registers), REGISTERS)
    slave = ModbusSlaveContext(
        co=ModbusSequentialDataBlock(0, COILS),
        di=ModbusSequentialDataBlock(0, [1 - bit for bit in COILS]),
        hr=ModbusSequentialDataBlock(0, registers),
        ir=ModbusSequentialDataBlock(0, registers),
        zero_mode=True,
    )
    _server, port = await serve(ModbusServerContext({UNIT: slave}, single=False), *sys.argv[1:])
    print(json.dumps({"port": port, "unit": UNIT, "registers": REGISTERS, "coils": COILS, "points": points}), flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
