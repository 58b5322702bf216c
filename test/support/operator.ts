/** Who gives orders in tests of how they are given: its signatures are never looked at. */
import type { Operator } from '#agent/cli/order/operator.ts';

export const operator: Operator = {
  broker: { url: 'memory://broker' },
  site: 'tx1',
  issuer: 'qse-north',
  program: 'ecrs',
  kid: 'qse-north-2026',
  sign: () => new Uint8Array(64),
};
