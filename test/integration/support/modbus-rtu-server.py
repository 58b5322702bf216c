"""A Modbus RTU server on the serial port given, units 7 and 8, each register holding its unit x 1000 + its address.
Says "serving" when it does, then serves until it is ended."""
import asyncio
import logging
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.async_io import ModbusSerialServer
from pymodbus.transaction import ModbusRtuFramer


def unit(number):
    registers = ModbusSequentialDataBlock(0, [number * 1000 + address for address in range(200)])
    coils = ModbusSequentialDataBlock(0, [0] * 32)
    return ModbusSlaveContext(ir=registers, hr=registers, co=coils, di=coils, zero_mode=True)


async def main():
    logging.disable()  # it reports each exception that the tests provoke
    context = ModbusServerContext({number: unit(number) for number in (7, 8)}, single=False)
    server = ModbusSerialServer(context, framer=ModbusRtuFramer, port=sys.argv[1], baudrate=19200, timeout=1)
    await server.start()
    print("serving", flush=True)
    await server.serve_forever()


asyncio.run(main())
