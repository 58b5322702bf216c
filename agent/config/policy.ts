/** policy.yaml: what no remote order can change. */
import * as z from 'zod';
import { name, timestamp } from '#protocol/ids.ts';
import { targetKinds } from '#protocol/order.ts';
import { seconds, watts, wattsPerSecond } from '#protocol/units.ts';
import { balance } from './balance.ts';
import { flex } from './flex.ts';
import { frequency } from './frequency.ts';
import { id } from './id.ts';
import { market } from './market.ts';
import { placement } from './placement.ts';
import { restore } from './restore.ts';
import { breaker, cooling, pduLimit, starts, thermal } from './safety.ts';

const limits = z.strictObject({
  /** The most the rack may ever draw. */
  ceiling_w: watts.exactOptional(),
  /** The least an order can take the rack down to. */
  min_w: watts.default(0),
  /** Watts per second the rack's level may rise or fall; absent for as fast as it can. */
  step_up_w_per_s: wattsPerSecond.exactOptional(),
  step_down_w_per_s: wattsPerSecond.exactOptional(),
  /** Every return to normal starts after this rack's own delay, spread over this many seconds. */
  restore_window_s: seconds.default(900),
});

const keyFile = z.string().endsWith('.pub');

const issuer = z.strictObject({
  id,
  /**
   * Public key files (.pub), relative to this file; a key's id is its file name. Taking one out
   * revokes it at once and ends its orders. One with `not_after` was rotated: what it signed until then stays in force.
   */
  keys: z.array(z.union([keyFile, z.strictObject({ file: keyFile, not_after: timestamp })])).min(1),
  /** Target kinds it may use. */
  may: z.array(z.enum(targetKinds)).min(1),
  programs: z.array(name).min(1),
  /** Longest span of one order, in seconds. */
  max_duration_s: seconds.positive().default(86_400),
  /** The most urgent priority it may claim; 0 is the most urgent there is. */
  lowest_priority: z.int().min(0).default(0),
});

export const policySchema = z.strictObject({
  limits: limits.prefault({}),
  issuers: z.array(issuer).default([]),
  miners: z
    .strictObject({
      /**
       * Whether a miner's outlets may be opened: `last_resort` only for one that does not sleep when told, and only when
       * the level cannot be met without it. Cutting a power supply that runs wears it out.
       */
      outlet: z.enum(['never', 'last_resort']).default('never'),
      /** What a price alone may do to a miner: seconds it stays as it is, and rests within 24 h. No order's cut waits. */
      min_off_s: seconds.default(300),
      min_on_s: seconds.default(600),
      max_cycles_per_day: z.int().nonnegative().default(12),
    })
    .prefault({}),
  thermal: thermal.prefault({}),
  breakers: z.array(breaker).default([]),
  pdu_limits: z.array(pduLimit).default([]),
  starts: starts.prefault({}),
  cooling: z.array(cooling).default([]),
  balance: balance.exactOptional(),
  /** Absent where AI work may be slowed as far as its GPUs go. */
  flex: flex.exactOptional(),
  frequency: frequency.prefault({}),
  market: market.prefault({}),
  placement: placement.prefault({}),
  restore: restore.prefault({}),
  /** Devices that no order touches. */
  protect: z.array(name).default([]),
  /** How surely a cut must come at the first asking: where devices are known to fail, others are cut in reserve. */
  confidence: z.literal([0.5, 0.9, 0.95, 0.99]).default(0.95),
  /** A metered level is judged on the mean of this many seconds. */
  meter_window_s: seconds.min(1).max(60).default(5),
  /**
   * A metered baseline is the mean of this many seconds before the event. More than 300 averages the last hours, without
   * the spans of them in which anything was cut.
   */
  baseline_window_s: seconds.min(1).max(86_400).default(300),
  /** What a shed is taken of when neither a nomination, the meter nor the journal tells what the rack drew before. */
  baseline_fallback_w: watts.exactOptional(),
  /** When no order or republication of a program has come for `after_s`, whatever the broker's connection says. */
  silence: z
    .strictObject({
      after_s: seconds.min(10).default(240),
      /** `hold` its orders to their end, go `home`, or `curtail` to `min_w` until their end. */
      // biome-ignore lint/suspicious/noThenProperty: a word of the policy file; nobody awaits it.
      then: z.enum(['hold', 'home', 'curtail']).default('hold'),
    })
    .prefault({}),
  /** Whose word counts on whether the clock is set: the kernel's, or, on machines that set it otherwise, nobody's. */
  clock: z.enum(['kernel', 'trusted']).default('kernel'),
  /** How far an issuer's clock may run ahead of ours, in seconds. */
  clock_tolerance_s: seconds.default(5),
  /** Says that a person takes on what `ballast commission` proves. Without either no order moves a device. */
  commissioning: z.literal('waived').exactOptional(),
});

export type Policy = z.infer<typeof policySchema>;
export type Issuer = Policy['issuers'][number];
