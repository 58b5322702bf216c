/** What a bus of a test says of its units: requests are cheap enough to ask for, registers cheaper, and nobody was away. */
import assert from 'node:assert/strict';
import type { ReadCost } from '#adapters/modbus/plan-reads.ts';

export const easyWire = {
  /** A hole of nine registers is still read over. */
  costOf: (): ReadCost => ({ requestMs: 10, registerMs: 1, budgetMs: 1000 }),
  recoveriesOf: (): number => 0,
};

/** For who only reads. */
export const noWrites = {
  writeCoil: async () => assert.fail('it wrote'),
  writeRegister: async () => assert.fail('it wrote'),
  writeRegisters: async () => assert.fail('it wrote'),
};
