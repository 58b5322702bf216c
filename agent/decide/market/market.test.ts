import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '#agent/config/policy.ts';
import type { AcceptedOrder, Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { settingText } from '#agent/state/setting.ts';
import type { Target } from '#protocol/order.ts';
import { accepted, after, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import { decide } from '../decide.ts';
import type { Memory } from '../plan.ts';
import { emptyMemory } from '../plan.ts';

/** 15 and 30 J/TH: at 50 USD a PH/s and day they earn 139 and 69 USD/MWh. */
const rack = rackOf([miner('m01'), miner('m02')], { m01: { ratedHashrateThs: 200 }, m02: { ratedHashrateThs: 100 } });
const policy = policyOf({
  limits: { restore_window_s: 0 },
  market: { hash_usd_per_ph_day: 50 },
  miners: { min_on_s: 0, min_off_s: 0 },
});

const priced = (energy: number, change: Parameters<typeof accepted>[1] = {}, more: object = {}) =>
  accepted({ kind: 'market', energy_usd_per_mwh: energy, ...more }, { program: 'price', ...change });

const atOnce = { down_w_per_s: null, up_w_per_s: null };

class Rack {
  #picture: Picture = rack;
  #memory: Memory = decide(rack, policy, emptyMemory, after(0), RACK).memory;

  take(s: number, ...orders: AcceptedOrder[]): this {
    this.#picture = seen(
      this.#picture,
      after(s),
      ...orders.map((each) => ({ kind: 'order' as const, accepted: each })),
    );
    return this;
  }

  see(s: number, asleep: Record<string, boolean>): this {
    const told = Object.entries(asleep).map(([device, sleeps]) => {
      const reading = { asleep: sleeps, limit: 100, ratedHashrateThs: device === 'm01' ? 200 : 100, faults: [] };
      return { kind: 'device' as const, device, reading };
    });
    this.#picture = seen(this.#picture, after(s), ...told);
    return this;
  }

  plan(s: number, rules: Policy = policy, now: Now = after(s)) {
    const { plan, memory } = decide(this.#picture, rules, this.#memory, now, RACK);
    this.#memory = memory;
    return plan;
  }

  wants(s: number, rules?: Policy): string {
    return this.plan(s, rules)
      .devices.map(({ want }) => settingText(want))
      .join(', ');
  }
}

const energies: [usdPerMwh: number, wants: string][] = [
  [20, 'awake, awake'],
  [70, 'awake, awake'],
  [80, 'awake, asleep'],
  [160, 'asleep, asleep'],
  [-20, 'awake, awake'],
];
for (const [energy, wants] of energies) {
  test(`at ${energy} USD/MWh the rack runs what earns more: ${wants}`, () => {
    assert.equal(new Rack().take(1, priced(energy)).wants(1), wants);
  });
}

test('the reason names the price, what the device earns, and whose price it is', () => {
  const [, second] = new Rack().take(1, priced(80)).plan(1).devices;
  assert.equal(second?.why, 'price of qse-north: energy at 80.00 USD/MWh costs more than the 69.44 it earns');
  assert.deepEqual([second?.home, second?.hands], [{ kind: 'awake' }, 'on']);
});

test('the order’s own hash price counts before the policy’s', () => {
  assert.equal(new Rack().take(1, priced(80, {}, { hash_usd_per_ph_day: 100 })).wants(1), 'awake, awake');
});

test('without any hash price nobody can tell what a miner earns, and it is left at home', () => {
  assert.equal(new Rack().take(1, priced(5000)).wants(1, policyOf()), 'awake, awake');
});

test('an order that carries prices acts while they count, and says what came of them', () => {
  const steps = new Rack()
    .take(1, priced(80))
    .plan(1)
    .steps.map(({ phase, why }) => `${phase}: ${why}`);
  assert.deepEqual(steps, ['acting: energy at 80.00 USD/MWh: 1 to rest, 0 to take more than at home']);
  const { market } = new Rack().take(1, priced(80)).plan(1, policyOf());
  assert.match(market?.says ?? '', /no price of hash is known, so no miner rests for it$/);
});

test('a ceiling binds beside the price: what rests counts as resting, and the rest is shared out', () => {
  const ceiling = accepted({ kind: 'ceiling', fraction: 0.3 }, { event: 'ecrs-a' });
  const { devices, shortByW } = new Rack().take(1, priced(80), ceiling).plan(1);
  assert.deepEqual(
    devices.map(({ want }) => settingText(want)),
    ['awake at 56 %', 'asleep'],
  );
  assert.equal(shortByW, 0);
});

test('a floor wakes what the price had let rest, best first', () => {
  const floor = accepted({ kind: 'floor', fraction: 0.5 }, { id: 'o-2', event: 'surplus-a', ramp: atOnce });
  assert.equal(new Rack().take(1, priced(160), floor).wants(1), 'awake at 96 %, asleep');
});

test('when the price order ends, the devices go home', () => {
  const world = new Rack().take(1, priced(80, { until: 100 }));
  assert.equal(world.wants(1), 'awake, asleep');
  world.see(50, { m01: false, m02: true });
  assert.equal(world.wants(99), 'awake, asleep');
  assert.equal(world.wants(101), 'awake, awake');
});

test('an order that ends while a price lets a device rest is restored all the same', () => {
  const ceiling = accepted({ kind: 'ceiling', fraction: 0.3 }, { id: 'o-2', event: 'ecrs-b', until: 50, ramp: atOnce });
  const world = new Rack().take(1, priced(80), ceiling);
  world.plan(1);
  world.see(60, { m01: false, m02: true });
  const phases = [61, 62, 63].flatMap((s) => world.plan(s).steps.map(({ order, phase }) => `${order} ${phase}`));
  assert.ok(phases.includes('o-2 restored'), phases.join());
});

test('of two issuers’ prices the more urgent counts, and of equals the dearer', () => {
  const cheap: Target = { kind: 'market', energy_usd_per_mwh: 20 };
  const other = (priority: number) => accepted(cheap, { program: 'price-b', id: 'o-2', priority });
  assert.equal(new Rack().take(1, priced(80), other(2)).wants(1), 'awake, asleep');
  assert.equal(new Rack().take(1, priced(80), other(1)).wants(1), 'awake, awake');
});

test('paid for taking energy, and allowed to, what sleeps at home wakes', () => {
  const taking = policyOf({
    limits: { restore_window_s: 0 },
    market: { take_when_paid: true },
    miners: { min_on_s: 0 },
  });
  const world = new Rack().see(0, { m02: true });
  assert.equal(world.wants(0, taking), 'awake, asleep');
  assert.equal(world.take(1, priced(-5)).wants(1, taking), 'awake, awake');
});
