/** What an order would do if it came now: the same deciding, on a picture that has it, with nothing acted on. */
import type { Policy } from '#agent/config/policy.ts';
import { dropS, riseS } from '#agent/state/learn.ts';
import type { AcceptedOrder, Now } from '#agent/state/observation.ts';
import { withOrder } from '#agent/state/orders.ts';
import type { Picture } from '#agent/state/picture.ts';
import { deviceOf, feedMeter } from '#agent/state/picture.ts';
import { sameSetting } from '#agent/state/setting.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { PredictedMove, Prediction } from '#protocol/lifecycle.ts';
import type { OrderBody } from '#protocol/order.ts';
import { epochMs } from '#protocol/time.ts';
import { orderTopic } from '#protocol/topics.ts';
import type { Seconds, Watts } from '#protocol/units.ts';
import { decide } from './decide.ts';
import { kidOf } from './demand/binding.ts';
import { slowest } from './demand/compose.ts';
import type { Memory, Plan, PlannedDevice } from './plan.ts';

/** Where the rack ends up, and how long it takes: the slower of the order's and the policy's ramp, and its slowest device. */
export function predict(
  picture: Picture,
  policy: Policy,
  memory: Memory,
  order: OrderBody,
  now: Now,
  rack: string,
): Prediction {
  const then = { ...now, wall: Math.max(now.wall, epochMs(order.intervals[0]?.from ?? '')) };
  const willing = unhurried(policy);
  const before = decide(picture, willing, memory, now, rack).plan;
  const { plan } = decide(withHypothetical(picture, policy, order, then), willing, memory, then, rack);
  const earlier = new Map(before.devices.map((each) => [each.device, each]));
  const moves = plan.devices.flatMap((each) => moveOf(each, earlier.get(each.device), picture));
  const moved = new Set(moves.map(({ device }) => device));
  return {
    level_w: plan.levelW === undefined ? null : round(plan.levelW),
    power_w: freshMeter(feedMeter(picture), now)?.powerW ?? null,
    expected_w: round(expectedW(picture, plan)),
    short_by_w: round(plan.shortByW),
    seconds: Math.max(0, ...moves.map(({ seconds }) => seconds)) + rampS(before, plan, order, policy),
    cuts: moves.filter(({ from_w, to_w }) => to_w < from_w),
    raises: moves.filter(({ from_w, to_w }) => to_w > from_w),
    skipped: plan.devices
      .filter(({ device }) => !moved.has(device))
      .map((each) => ({ device: each.device, why: each.why })),
  };
}

/** Of the whole rack's watts; the device that is told last is told at its end. */
function rampS(before: Plan, plan: Plan, { ramp }: OrderBody, { limits }: Policy): Seconds {
  const moveW = sumW(plan) - sumW(before);
  const down = [ramp.down_w_per_s, limits.step_down_w_per_s];
  const rate = slowest(moveW < 0 ? down : [ramp.up_w_per_s, limits.step_up_w_per_s]);
  return rate === undefined ? 0 : Math.round(Math.abs(moveW) / rate);
}

/** Where it all ends up: without ramps and turns. A rack that only observes still says what it would do. */
function unhurried(policy: Policy): Policy {
  const { step_down_w_per_s: _down, step_up_w_per_s: _up, ...limits } = policy.limits;
  return {
    ...policy,
    limits: { ...limits, restore_window_s: 0 },
    miners: { ...policy.miners, min_on_s: 0, min_off_s: 0 },
    starts: { apart_s: 0 },
    commissioning: 'waived',
  };
}

/** The order on its topic, from now on, as if its issuer had just been believed. */
function withHypothetical(picture: Picture, policy: Policy, order: OrderBody, now: Now): Picture {
  const topic = orderTopic(order.scope.site, order.issuer, order.program, order.scope.to);
  const seq = Math.max(order.seq, (picture.orders[topic]?.seq ?? 0) + 1);
  const kid = kidOf(policy.issuers.find(({ id }) => id === order.issuer)?.keys[0] ?? '');
  const signature = { alg: 'Ed25519', kid, value: '' } as const;
  const accepted: AcceptedOrder = {
    topic,
    order: { ...order, seq, signature, ramp: { down_w_per_s: null, up_w_per_s: null } },
    digest: '',
    receivedAt: now.wall,
  };
  return { ...picture, orders: { ...picture.orders, [topic]: withOrder(picture.orders[topic], accepted, now) } };
}

function moveOf(each: PlannedDevice, earlier: PlannedDevice | undefined, picture: Picture): PredictedMove[] {
  const facts = deviceOf(picture, each.device)?.facts;
  if (!facts || !earlier || sameSetting(each.want, earlier.want)) return [];
  const falls = each.expectedW < earlier.expectedW;
  const seconds = falls
    ? dropS(facts, each.want.kind === 'asleep' ? 'sleep' : 'limit')
    : riseS(facts, earlier.want.kind === 'asleep' ? 'wake' : 'limit');
  const [from_w, to_w] = [round(earlier.expectedW), round(each.expectedW)];
  return from_w === to_w ? [] : [{ device: each.device, from_w, to_w, seconds, why: each.why }];
}

function expectedW(picture: Picture, { devices }: Plan): number {
  return sumW({ devices }) + (feedMeter(picture)?.facts.otherLoadsW ?? 0);
}

function sumW({ devices }: Pick<Plan, 'devices'>): Watts {
  return devices.reduce((sum, each) => sum + each.expectedW, 0);
}

function round(watts: number): number {
  return Math.round(watts);
}
