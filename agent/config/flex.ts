/** The section of policy.yaml for how much slower AI work may be made before it is told to rest instead. */
import * as z from 'zod';
import { fraction } from '#protocol/units.ts';

/**
 * By tier, the share of a GPU's power that a cap may take from what runs there: its throughput falls by less. The figures
 * are those of Emerald AI's field trial. A level that cannot be met so puts to rest who may rest, and is not met by those
 * who may not: the policy outranks an order.
 */
export const flex = z.strictObject({
  tier_0: fraction.default(0),
  tier_1: fraction.default(0.1),
  tier_2: fraction.default(0.25),
  tier_3: fraction.default(0.5),
});
