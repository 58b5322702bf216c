/**
 * Registers of GUDE's PDUs, by the Modbus chapter of the manual of the Expert Power Control 8041, and the pages on
 * sensor tables in that of the 8316: the same layout for every model. Addresses are zero-based.
 */
import type { Hertz, Watts } from '#protocol/units.ts';

/** What one inlet or outlet measures, all at one moment. */
export type Energy = { energyWh: number; powerW: Watts; voltageV: number; frequencyHz: Hertz; powerFactor: number };

const INLET_BASE = 0x0400;
const OUTLET_BASE = 0x3a00;
/** From one outlet to the next: room for three phases. */
const STRIDE = 0x0120;
/** Of one phase: 48 fields of two registers. */
const BLOCK_REGISTERS = 0x0060;

/** Two external sensors of eight registers; nothing is plugged in, and each register says so. */
const EXTERNAL_BASE = 0x0100;
const EXTERNAL_REGISTERS = 0x0010;
const NOT_PLUGGED_IN = 0x8000;

/** The registers from `address`, or undefined when the read leaves the block of one inlet or outlet. */
export function readRegisters(
  address: number,
  count: number,
  inlet: () => Energy,
  outlets: readonly (() => Energy)[],
): Buffer | undefined {
  const blocks = [
    { base: EXTERNAL_BASE, registers: EXTERNAL_REGISTERS, bytes: nothingPluggedIn },
    { base: INLET_BASE, registers: BLOCK_REGISTERS, bytes: () => energyBytes(inlet()) },
    ...outlets.map((outlet, index) => ({
      base: OUTLET_BASE + index * STRIDE,
      registers: BLOCK_REGISTERS,
      bytes: () => energyBytes(outlet()),
    })),
  ];
  const block = blocks.find(({ base, registers }) => address >= base && address + count <= base + registers);
  if (!block) return undefined;
  const start = 2 * (address - block.base);
  return block.bytes().subarray(start, start + 2 * count);
}

/** The fields in their order: signed 32-bit integers, high word first. Those not modelled are zero. */
function energyBytes({ energyWh, powerW, voltageV, frequencyHz, powerFactor }: Energy): Buffer {
  const apparentVa = powerW / powerFactor;
  const fields = [
    energyWh,
    powerW,
    voltageV,
    voltageV > 0 ? (1000 * apparentVa) / voltageV : 0,
    100 * frequencyHz,
    1000 * powerFactor,
    (10 * Math.acos(powerFactor) * 180) / Math.PI,
    apparentVa,
    Math.sqrt(apparentVa ** 2 - powerW ** 2),
  ];
  const bytes = Buffer.alloc(2 * BLOCK_REGISTERS);
  for (const [index, value] of fields.entries()) bytes.writeInt32BE(Math.round(value), 4 * index);
  return bytes;
}

function nothingPluggedIn(): Buffer {
  const bytes = Buffer.alloc(2 * EXTERNAL_REGISTERS);
  for (let at = 0; at < bytes.length; at += 2) bytes.writeUInt16BE(NOT_PLUGGED_IN, at);
  return bytes;
}
