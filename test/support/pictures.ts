/** Pictures of a rack for tests of what is pure: made by folding observations, as the agent makes them. */
import type { Policy } from '#agent/config/policy.ts';
import { policySchema } from '#agent/config/policy.ts';
import type { PlannedDevice } from '#agent/decide/plan.ts';
import { fold } from '#agent/state/fold.ts';
import type { AcceptedOrder, DeviceFacts, DeviceReading, Now, Observation, Setting } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { deviceOf, emptyPicture } from '#agent/state/picture.ts';
import { awake } from '#agent/state/setting.ts';
import type { Capability } from '#protocol/capability.ts';
import type { OrderBody, Target } from '#protocol/order.ts';
import { orderTopic } from '#protocol/topics.ts';
import type { Seconds } from '#protocol/units.ts';
import { AT, orderBody, policy as signedPolicy } from './signed.ts';

export const RACK = 'r07';

/** `s` seconds after the moment that tests begin at, on both clocks. */
export function after(s: Seconds): Now {
  return { wall: AT.wall + s * 1000, mono: AT.mono + s * 1000 };
}

export function policyOf(change: Record<string, unknown> = {}): Policy {
  const { issuers, commissioning } = signedPolicy;
  return policySchema.parse({ issuers, commissioning, limits: { restore_window_s: 60 }, ...change });
}

const plain: Capability = { settle_ms: 2000, restarts: false, persistent: false, min_interval_s: 0 };

/** A miner of 3,000 W that sleeps at 20 W, with a dial of 20 to 100 %. */
export function miner(id: string, change: Partial<DeviceFacts> = {}): DeviceFacts {
  const dial = { ...plain, range: { min: 20, max: 100, step: 1, unit: 'percent' as const } };
  const controls = { sleep: plain, wake: { ...plain, restarts: true, settle_ms: 60_000 }, limit: dial };
  return {
    id,
    adapter: 'whatsminer-v2',
    kind: 'miner',
    ratedW: 3000,
    residualW: 20,
    controls,
    identityRequired: false,
    outlets: [],
    ...change,
  };
}

const meter = {
  id: 'feed',
  role: 'feed',
  covers: 'all',
  otherLoadsW: 100,
  resolutionW: 1,
  periodMs: 500,
} as const;

/** Everything that came at one moment, on top of `before`. */
export function seen(before: Picture, now: Now, ...observations: Observation[]): Picture {
  return observations.reduce((picture, observation) => fold(picture, observation, now), before);
}

type Inventory = Extract<Observation, { kind: 'inventory' }>;

/** What a device says; undefined for what it does not say. */
export type Says = { readonly [Key in keyof DeviceReading]?: DeviceReading[Key] | undefined };

/** A rack whose devices run as `readings` say and whose retained orders are known; the first is worth most per watt. */
export function rackOf(
  devices: readonly DeviceFacts[],
  readings: Readonly<Record<string, Says>> = {},
  now: Now = AT,
): Picture {
  const told = devices.map(({ id, ratedW }, i): Observation => {
    const usual = { asleep: false, limit: 100, powerW: ratedW, ratedHashrateThs: 200 - i, faults: [] };
    return { kind: 'device', device: id, reading: spoken({ ...usual, ...readings[id] }) };
  });
  return seen(emptyPicture, now, inventory({ devices, meters: [meter] }), ...told, { kind: 'ordersKnown' });
}

/** What is there: only what is listed. */
export function inventory(listed: Partial<Omit<Inventory, 'kind'>>): Inventory {
  return { kind: 'inventory', devices: [], meters: [], sensors: [], pdus: [], workloads: [], ...listed };
}

export function viewOf(picture: Picture, id: string): DeviceView {
  const view = deviceOf(picture, id);
  if (!view) throw new Error(`the picture has no ${id}`);
  return view;
}

/** As a plan wants it; what else a plan says of a device does not matter to who carries it out. */
export function planned(device: string, want: Setting, hands: PlannedDevice['hands'] = 'on'): PlannedDevice {
  return { device, want, home: awake, hands, expectedW: 0, stubborn: false, lastResort: false, why: '' };
}

export function metered(powerW: number): Observation {
  return { kind: 'meter', meter: 'feed', reading: { powerW } };
}

/** An accepted order with one level from `from` to `until`, in seconds after the tests begin. */
export function accepted(
  target: Target,
  change: Partial<OrderBody> & { from?: Seconds; until?: Seconds } = {},
): AcceptedOrder {
  const { from = 0, until = 3600, ...rest } = change;
  const time = (s: Seconds) => new Date(after(s).wall).toISOString();
  const order = orderBody({ intervals: [{ from: time(from), until: time(until), target }], ...rest });
  return {
    topic: orderTopic(order.scope.site, order.issuer, order.program, order.scope.to),
    order: { ...order, signature: { alg: 'Ed25519', kid: 'qse-north-2026', value: '' } },
    digest: order.id,
    receivedAt: after(from).wall,
  };
}

function spoken(says: Says): DeviceReading {
  return Object.fromEntries(Object.entries(says).filter(([, value]) => value !== undefined)) as DeviceReading;
}
