/** What becomes of an order: its phases, the ways it can be refused, and the messages that say so. */
import * as z from 'zod';
import { messageId, name, timestamp } from './ids.ts';
import { signedWatts, watts } from './units.ts';

/**
 * received -> accepted | scheduled | refused -> acting -> acknowledged -> confirmed -> metered -> holding -> ended ->
 * restored; and `partial` (past the deadline and not there), `overridden` (local safety), `failed`.
 */
export const phases = [
  'received',
  'accepted',
  'scheduled',
  'refused',
  'acting',
  'acknowledged',
  'confirmed',
  'metered',
  'holding',
  'ended',
  'restored',
  'partial',
  'overridden',
  'failed',
] as const;
export const phase = z.enum(phases);
export type Phase = z.infer<typeof phase>;

export const refusalCodes = [
  'too_large',
  'not_json',
  'unknown_version',
  'malformed',
  'unknown_issuer',
  'kid_of_another_issuer',
  'unknown_key',
  'bad_signature',
  'scope_mismatch',
  'target_not_allowed',
  'program_not_allowed',
  'priority_not_allowed',
  'duration_not_allowed',
  'watts_need_rack_scope',
  'unsupported_target',
  'expired',
  'issued_in_future',
  'superseded',
  'seq_conflict',
  'replayed',
  'retained_command',
  'not_commissioned',
  'clock_not_set',
] as const;
const refusalCode = z.enum(refusalCodes);
export type RefusalCode = z.infer<typeof refusalCode>;

/** A refused message, and whether its signature had been verified by then: only then is its issuer answered. */
export type Refusal = { kind: 'refused'; code: RefusalCode; detail: string; verified: boolean };

/** One step of an order, or one thing the rack did by itself. On `rack/{rack}/event`, not retained. */
export const rackEvent = z.object({
  v: z.literal(1),
  at: timestamp,
  kind: z.enum(['order', 'device', 'local']),
  order: messageId.nullable(),
  event: name.nullable(),
  issuer: name.nullable(),
  program: name.nullable(),
  phase: phase.nullable(),
  code: refusalCode.nullable(),
  device: name.nullable(),
  /** Metered watts at that moment, and how old the reading was. */
  power_w: signedWatts.nullable(),
  power_age_ms: z.number().nonnegative().nullable(),
  /** The level the rack must be at or under. */
  level_w: watts.nullable(),
  why: z.string(),
});
export type RackEvent = z.infer<typeof rackEvent>;

/** What a dry run found for one device. */
const predictedMove = z.object({
  device: name,
  from_w: watts,
  to_w: watts,
  /** Seconds until its power has settled, by what is known of it. */
  seconds: z.number().nonnegative(),
  why: z.string(),
});
const prediction = z.object({
  level_w: watts.nullable(),
  /** Watts the rack draws now by the meter; null when unknown. */
  power_w: signedWatts.nullable(),
  /** Watts it would draw when all have settled. */
  expected_w: watts,
  /** Watts by which the level cannot be met; 0 when it can. */
  short_by_w: watts,
  seconds: z.number().nonnegative(),
  cuts: z.array(predictedMove),
  /** As for a floor, or for energy that costs little. */
  raises: z.array(predictedMove),
  skipped: z.array(z.object({ device: name, why: z.string() })),
});
export type PredictedMove = z.infer<typeof predictedMove>;
export type Prediction = z.infer<typeof prediction>;

/** The answer to a verified order or command, on `ack/{issuer}`. */
export const ack = z.object({
  v: z.literal(1),
  at: timestamp,
  rack: name,
  type: z.enum(['order', 'command']),
  id: messageId,
  result: z.enum(['accepted', 'scheduled', 'repeat', 'refused', 'done']),
  code: refusalCode.nullable(),
  detail: z.string(),
  prediction: prediction.nullable(),
});
export type Ack = z.infer<typeof ack>;
