/**
 * Orders: signed, expiring levels that a grid operator publishes, retained, one per topic. A successor on the same
 * topic takes over at its own first `from`. See SCHEMA.md for the rules around them.
 */
import * as z from 'zod';
import { messageId, name, recipient, timestamp } from './ids.ts';
import { signature } from './signing.ts';
import { epochMs } from './time.ts';
import { fraction, seconds, watts, wattsPerSecond } from './units.ts';

/** Versions of the wire that this code speaks. */
export const spokenVersions = [1] as const;

/**
 * How much, in one of three forms: a `fraction` of what the target's kind refers to, `watts` for one rack, or a
 * share, where a rack's part is `watts` x its rated watts / `of_w`.
 */
const amount = {
  fraction: fraction.exactOptional(),
  /** Watts of this one rack; with `of_w`, watts of everyone together. */
  watts: watts.exactOptional(),
  /** Rated watts of everyone who shares `watts`. */
  of_w: watts.positive().exactOptional(),
};

export type Amount = { fraction?: number; watts?: number; of_w?: number };

const oneForm = (value: Amount) =>
  value.fraction === undefined ? value.watts !== undefined : value.watts === undefined && value.of_w === undefined;
const oneFormMessage = { error: 'needs either fraction, or watts, or watts with of_w' };

/** At most this much power. A fraction is of the rack's rated watts. */
const ceiling = z.strictObject({ kind: z.literal('ceiling'), ...amount }).refine(oneForm, oneFormMessage);
/** This much less than the event's baseline. A fraction is of the baseline. */
const shed = z.strictObject({ kind: z.literal('shed'), ...amount }).refine(oneForm, oneFormMessage);
/** Exactly this much, renewed as often as every 2 s. A fraction is of the rack's rated watts. */
const setpoint = z.strictObject({ kind: z.literal('setpoint'), ...amount }).refine(oneForm, oneFormMessage);
/** At least this much, to absorb a surplus. A fraction is of the rack's rated watts. */
const floor = z.strictObject({ kind: z.literal('floor'), ...amount }).refine(oneForm, oneFormMessage);
/** Proportional answer to the grid's frequency, in `watts` of this rack between deadband and full. */
const droop = z.strictObject({
  kind: z.literal('droop'),
  nominal_hz: z.union([z.literal(50), z.literal(60)]),
  deadband_hz: z.number().min(0).max(1),
  full_hz: z.number().positive().max(5),
  watts,
});
/** Drop `watts` when the frequency falls below `below_hz`, and hold for `hold_s`. */
const trip = z.strictObject({
  kind: z.literal('trip'),
  below_hz: z.number().min(45).max(65),
  watts,
  hold_s: seconds,
});
/** Prices to decide by; negative prices are real. */
const market = z.strictObject({
  kind: z.literal('market'),
  energy_usd_per_mwh: z.number().min(-1e5).max(1e5),
  hash_usd_per_ph_day: z.number().nonnegative().max(1e6).exactOptional(),
  inference_usd_per_gpu_h: z.number().nonnegative().max(1e6).exactOptional(),
});
/** Binds nothing: ends what the order before it on the same topic asked for. */
const release = z.strictObject({ kind: z.literal('release') });

const target = z.discriminatedUnion('kind', [ceiling, shed, setpoint, floor, droop, trip, market, release]);
export const targetKinds = ['ceiling', 'shed', 'setpoint', 'floor', 'droop', 'trip', 'market', 'release'] as const;

const interval = z
  .strictObject({ from: timestamp, until: timestamp, target })
  .refine(({ from, until }) => epochMs(from) < epochMs(until), { error: 'from must lie before until' });

const inSequence = (intervals: { from: string; until: string }[]) =>
  intervals.every((each, i) => i === 0 || epochMs(each.from) >= epochMs(intervals[i - 1]?.until ?? ''));

const ramp = z.strictObject({
  /** Watts per second on the way down; null for as fast as the rack can. Per rack. */
  down_w_per_s: wattsPerSecond.nullable(),
  /** Watts per second on the way back up; null for the rack's own limit. Per rack. */
  up_w_per_s: wattsPerSecond.nullable(),
});

const body = {
  v: z.literal(1),
  type: z.literal('order'),
  id: messageId,
  /** The span that successive orders belong to; baseline, evidence and restoration are the event's. */
  event: name,
  issuer: name,
  /** The contract the order belongs to, such as `ecrs`. */
  program: name,
  /** Grows per topic: max(now in ms, the retained order's seq + 1). */
  seq: z.int().nonnegative(),
  scope: z.strictObject({ site: name, to: recipient }),
  issued_at: timestamp,
  /** 1 to 96 levels, in time order, not overlapping. */
  intervals: z.array(interval).min(1).max(96).refine(inSequence, { error: 'must follow each other without overlap' }),
  /** 0 goes first. */
  priority: z.int().min(0).max(1000),
  ramp,
  /** Seconds from an interval's start until the level must be metered. */
  deadline_s: seconds.positive(),
  /** A nominated baseline in watts of this rack, where the program allows one. */
  baseline_w: watts.exactOptional(),
  reason: z.string().max(256),
};

/** An order before it is signed; also what a dry run asks about. */
export const orderBody = z.strictObject(body);
export const order = z.strictObject({ ...body, signature });

export type Target = z.infer<typeof target>;
export type Interval = z.infer<typeof interval>;
export type OrderBody = z.infer<typeof orderBody>;
export type Order = z.infer<typeof order>;
