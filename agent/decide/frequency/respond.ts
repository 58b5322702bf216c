/**
 * Droop and trip: what the grid's frequency asks of this rack, beside what the other orders ask.
 *
 *   droop  watts x (deviation beyond the deadband) / (full - deadband), down below nominal and up above it
 *   trip   watts, from the crossing until its hold is over and the frequency is back
 *
 * Doubt starts no cut and ends none: a droop's share ramps to zero, and a trip stays until the frequency is known.
 */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Binding } from '#agent/state/orders.ts';
import type { MeterView } from '#agent/state/picture.ts';
import type { Target } from '#protocol/order.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Hertz, Millis, Seconds, Watts } from '#protocol/units.ts';
import type { Step } from '../plan.ts';
import type { Frequency } from './believed.ts';
import { believed } from './believed.ts';
import { withSags } from './sags.ts';

/** What is remembered of the grid. */
export type GridMemory = {
  /** By `issuer/order`: a trip that has fallen, and until when it holds at the least. */
  readonly trips: Readonly<Record<string, Fallen>>;
  /** By `issuer/order`: a droop's share of its watts, -1 (all down) to 1 (all up). */
  readonly droops: Readonly<Record<string, number>>;
  /** Voltage sags seen since the start, and whether one lasts. */
  readonly sags: number;
  readonly sagging: boolean;
  /** Of the last decision, monotonic. */
  readonly at: Millis;
};
/** Both moments are wall time: a trip outlives the process. */
type Fallen = { readonly at: Millis; readonly until: Millis; readonly cause: string };

export const calmGrid: GridMemory = { trips: {}, droops: {}, sags: 0, sagging: false, at: 0 };

export type Response = {
  readonly grid: GridMemory;
  /** The frequency as it was judged; undefined where no order asks about it. */
  readonly frequency: Frequency | undefined;
  /** Trips that cut and droops that have a share, as watts off (or on) what the rack would draw without them. */
  readonly pulls: readonly Pull[];
  readonly steps: readonly Step[];
};
export type Pull = { readonly binding: Binding; readonly watts: Watts; readonly cause: string };

type Droop = Extract<Target, { kind: 'droop' }>;
type Trip = Extract<Target, { kind: 'trip' }>;

/** Over this a droop's share goes from all to nothing while the frequency is in doubt. */
const FADE_S: Seconds = 30;
/** A hold is not written down anew at every sample. */
const RENEW_MS: Millis = 1000;

export function respond(
  orders: readonly Binding[],
  meter: MeterView | undefined,
  policy: Policy,
  before: GridMemory,
  now: Now,
): Response {
  const asking = orders.filter(({ interval: { target } }) => target.kind === 'droop' || target.kind === 'trip');
  const sagging = withSags(before, meter, policy.frequency.nominal_v, now);
  if (asking.length === 0) return { grid: { ...calmGrid, ...sagging }, frequency: undefined, pulls: [], steps: [] };
  const frequency = believed(meter, policy.frequency.nominal_v, now);
  const trips: Record<string, Fallen> = {};
  const droops: Record<string, number> = {};
  const pulls: Pull[] = [];
  const steps: Step[] = [];
  for (const binding of asking) {
    const { target } = binding.interval;
    const key = keyOf(binding);
    if (target.kind === 'droop') {
      const share = droopShare(target, frequency, before.droops[key] ?? 0, now.mono - before.at);
      droops[key] = share;
      if (share !== 0) pulls.push({ binding, watts: share * target.watts, cause: DROOP });
    }
    if (target.kind === 'trip') {
      const known = before.trips[key];
      const fallen = known ? held(known, target, frequency, now) : fell(target, frequency, now);
      if (!fallen) continue;
      trips[key] = fallen;
      if (policy.frequency.trip === 'armed')
        pulls.push({ binding: fallenAt(binding, fallen), watts: -target.watts, cause: fallen.cause });
      else if (!known) steps.push(recorded(binding, target, fallen));
    }
  }
  return { grid: { trips, droops, ...sagging }, frequency, pulls, steps };
}

const DROOP = 'as the grid’s frequency asks';

function droopShare(droop: Droop, frequency: Frequency, before: number, elapsedMs: Millis): number {
  if (frequency.kind === 'believed') return shareAt(droop, frequency.hz);
  const most = Math.max(0, Math.abs(before) - elapsedMs / 1000 / FADE_S);
  return Math.sign(before) * most;
}

function shareAt({ nominal_hz, deadband_hz, full_hz }: Droop, hz: Hertz): number {
  const off = hz - nominal_hz;
  const beyond = (Math.abs(off) - deadband_hz) / Math.max(full_hz - deadband_hz, Number.EPSILON);
  return Math.sign(off) * Math.min(1, Math.max(0, beyond));
}

function fell({ below_hz, hold_s }: Trip, frequency: Frequency, now: Now): Fallen | undefined {
  if (frequency.kind !== 'believed' || frequency.lowestHz >= below_hz) return undefined;
  const cause = `${frequency.hz.toFixed(3)} Hz, seen ${Math.round(frequency.ageMs)} ms ago, is below ${below_hz} Hz`;
  return { at: now.wall, until: now.wall + hold_s * 1000, cause };
}

function held(fallen: Fallen, { below_hz, hold_s }: Trip, frequency: Frequency, now: Now): Fallen | undefined {
  if (frequency.kind !== 'believed') return fallen;
  // It holds anew from the last moment at which the frequency was too low.
  const until = now.wall + hold_s * 1000;
  if (frequency.hz < below_hz) return until - fallen.until < RENEW_MS ? fallen : { ...fallen, until };
  return now.wall < fallen.until ? fallen : undefined;
}

/** A trip begins when the frequency falls: its deadline runs from there, and each is acted on anew. */
function fallenAt({ accepted, interval }: Binding, { at }: Fallen): Binding {
  return { accepted, interval: { ...interval, from: timestampOf(at) } };
}

function recorded({ accepted: { order } }: Binding, { watts }: Trip, { cause }: Fallen): Step {
  const { id, event, issuer, program } = order;
  const why = `would cut ${Math.round(watts)} W, and only records it: ${cause}`;
  return { order: id, event, issuer, program, phase: 'accepted', levelW: undefined, why };
}

function keyOf({ accepted: { order } }: Binding): string {
  return `${order.issuer}/${order.id}`;
}
