/**
 * The input registers of an Eastron SDM630, by the maker's Modbus Protocol Implementation V1.8, section 1.2.1.
 * Addresses are zero-based; every value is a float over two registers, high word first.
 */
import type { Hertz, Watts } from '#protocol/units.ts';

/** What the meter measures, all at one moment. */
export type Measured = { powerW: Watts; voltageV: number; frequencyHz: Hertz; importKwh: number; powerFactor: number };

/** First and last register of the blocks that hold modelled values; gaps within a block read as zero. */
const blocks = [
  [0x0000, 0x0051],
  [0x00c8, 0x00cf],
  [0x00e0, 0x00e1],
  [0x0156, 0x017d],
] as const;

/** Whether a read stays within one block and cuts no value in two. */
export function isReadable(address: number, count: number): boolean {
  if (address % 2 !== 0 || count % 2 !== 0 || count === 0) return false;
  return blocks.some(([first, last]) => address >= first && address + count - 1 <= last);
}

/** The value at each even address that has one. */
export function registerValues(measured: Measured): ReadonlyMap<number, number> {
  const { voltageV, frequencyHz, powerFactor } = measured;
  const phase = perPhase(measured);
  const phaseAngleDeg = (Math.acos(powerFactor) * 180) / Math.PI;
  return new Map([
    ...onEachPhase(0x0000, voltageV),
    ...onEachPhase(0x0006, phase.currentA),
    ...onEachPhase(0x000c, phase.powerW),
    ...onEachPhase(0x0012, phase.apparentVa),
    ...onEachPhase(0x0018, phase.reactiveVar),
    ...onEachPhase(0x001e, powerFactor),
    ...onEachPhase(0x0024, phaseAngleDeg),
    [0x002a, voltageV],
    [0x002e, phase.currentA],
    [0x0030, 3 * phase.currentA],
    [0x0034, 3 * phase.powerW],
    [0x0038, 3 * phase.apparentVa],
    [0x003c, 3 * phase.reactiveVar],
    [0x003e, powerFactor],
    [0x0042, phaseAngleDeg],
    [0x0046, frequencyHz],
    ...energies(measured),
    ...onEachPhase(0x00c8, Math.sqrt(3) * voltageV),
    [0x00ce, Math.sqrt(3) * voltageV],
    [0x00e0, 0],
  ]);
}

/** The bytes of `count` registers from `address`, all within one block. */
export function registerBytes(values: ReadonlyMap<number, number>, address: number, count: number): Buffer {
  const bytes = Buffer.alloc(2 * count);
  for (let at = 0; at < count; at += 2) bytes.writeFloatBE(values.get(address + at) ?? 0, 2 * at);
  return bytes;
}

function perPhase({ powerW, voltageV, powerFactor }: Measured) {
  const phaseW = powerW / 3;
  const apparentVa = Math.abs(phaseW) / powerFactor;
  return {
    powerW: phaseW,
    apparentVa,
    reactiveVar: Math.sqrt(apparentVa ** 2 - phaseW ** 2),
    currentA: voltageV > 0 ? apparentVa / voltageV : 0,
  };
}

/** Nothing is exported here, so that totals equal imports; reactive energy goes by the power factor. */
function energies({ importKwh, powerFactor }: Measured): [number, number][] {
  const importKvarh = importKwh * Math.tan(Math.acos(powerFactor));
  return [
    [0x0048, importKwh],
    [0x004a, 0],
    [0x004c, importKvarh],
    [0x004e, 0],
    [0x0050, importKwh / powerFactor],
    [0x0156, importKwh],
    [0x0158, importKvarh],
    ...onEachPhase(0x015a, importKwh / 3),
    ...onEachPhase(0x0160, 0),
    ...onEachPhase(0x0166, importKwh / 3),
    ...onEachPhase(0x016c, importKvarh / 3),
    ...onEachPhase(0x0172, 0),
    ...onEachPhase(0x0178, importKvarh / 3),
  ];
}

function onEachPhase(address: number, value: number): [number, number][] {
  return [0, 2, 4].map((offset) => [address + offset, value]);
}
