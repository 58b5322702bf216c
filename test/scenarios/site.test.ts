import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#agent/decide/decide.ts';
import { emptyMemory } from '#agent/decide/plan.ts';
import type { Observation } from '#agent/state/observation.ts';
import { devicesOf } from '#agent/state/picture.ts';
import { accepted, after, miner, policyOf, rackOf, seen } from '#test/support/pictures.ts';

const RACKS = 1000;
const WINDOW_S = 900;
const END_S = 60;
const STEP_S = 5;
const racks = Array.from({ length: RACKS }, (_, i) => `r${String(i + 1).padStart(4, '0')}`);

test('1,000 racks whose orders expire at one second come back evenly over the restore window', () => {
  const risen = racks.map((rack) => risesAt(rack, {}));
  assert.ok(Math.min(...risen) >= END_S && Math.max(...risen) <= END_S + WINDOW_S + 2 * STEP_S);
  // The site's ramp: a straight line from nothing at the end of the order to all at the end of the window.
  for (let s = END_S; s <= END_S + WINDOW_S; s += STEP_S) {
    const share = risen.filter((at) => at <= s).length / RACKS;
    const even = (s - END_S) / WINDOW_S;
    assert.ok(Math.abs(share - even) < 0.05, `${share} of the site is back after ${s - END_S} s, not ${even}`);
  }
});

test('the racks that come back first after one event are not the first after the next', () => {
  const early = (event: string) => new Set(racks.filter((rack) => risesAt(rack, { event }) < END_S + WINDOW_S / 10));
  const second = early('ecrs-b');
  const both = [...early('ecrs-a')].filter((rack) => second.has(rack));
  assert.ok(both.length < RACKS / 40, `${both.length} racks of a thousand are among the first tenth both times`);
});

test('1,000 racks that hear nothing any more go home one after the other, none of them at once', () => {
  // biome-ignore lint/suspicious/noThenProperty: a word of the policy file; nobody awaits it.
  const silence = { after_s: 60, then: 'home' };
  const risen = racks.map((rack) => risesAt(rack, { until: 3600, policy: { silence } }));
  // Up to a minute apart they notice, and then each waits its own share of the window.
  const noticed = silence.after_s + 60;
  assert.ok(Math.min(...risen) > silence.after_s && Math.max(...risen) <= noticed + WINDOW_S + 2 * STEP_S);
  for (let s = noticed; s <= silence.after_s + WINDOW_S; s += 60) {
    const share = risen.filter((at) => at <= s).length / RACKS;
    const even = (s - silence.after_s - 30) / WINDOW_S;
    assert.ok(Math.abs(share - even) < 0.06, `${share} of the site is back after ${s} s, not ${even}`);
  }
});

test('while the grid is low no rack of a thousand rises, and afterwards they take their turns anew', () => {
  const [lowFrom, lowUntil] = [END_S + 300, END_S + 1800];
  const low = (s: number) => s >= lowFrom && s < lowUntil;
  const frequencyHz = (s: number) => (low(s) ? 59.9 : 60);
  const risen = racks.map((rack) => risesAt(rack, { policy: { restore: { above_hz: 59.95 } }, frequencyHz }));
  assert.deepEqual(risen.filter(low), []);
  const before = risen.filter((at) => at < lowFrom).length / RACKS;
  assert.ok(Math.abs(before - 300 / WINDOW_S) < 0.05, `${before} were back before the grid fell`);
  const late = risen.filter((at) => at >= lowUntil);
  for (let s = 60; s <= WINDOW_S; s += 60) {
    const share = late.filter((at) => at <= lowUntil + s).length / late.length;
    assert.ok(Math.abs(share - s / WINDOW_S) < 0.06, `${share} of those held back are there ${s} s after`);
  }
});

test('racks in a hot aisle wait until theirs is cool, and the others do not', () => {
  const inletC = (s: number) => (s < END_S + 1200 ? 36 : 25);
  const some = racks.slice(0, 50);
  const policy = { restore: { inlet_below_c: 30 } };
  const hot = some.map((rack) => risesAt(rack, { policy, inletC }));
  assert.ok(Math.min(...hot) >= END_S + 1200);
  const cool = some.map((rack) => risesAt(rack, { policy, inletC: () => 25 }));
  assert.ok(Math.max(...cool) <= END_S + WINDOW_S + 2 * STEP_S);
});

type Course = {
  event?: string;
  /** Seconds after which the order is over. */
  until?: number;
  policy?: Record<string, unknown>;
  frequencyHz?: (s: number) => number;
  inletC?: (s: number) => number;
};

/** Seconds after the tests begin at which a rack that slept under an order is free again. */
function risesAt(rack: string, { event = 'ecrs-a', until = END_S, policy = {}, frequencyHz, inletC }: Course): number {
  const rules = policyOf({ limits: { restore_window_s: WINDOW_S }, ...policy });
  const change = { event, until, ramp: { down_w_per_s: null, up_w_per_s: null } };
  const order = { kind: 'order', accepted: accepted({ kind: 'ceiling', fraction: 0 }, change) } as const;
  const awake = seen(rackOf([miner('m01')]), after(0), order);
  const asleep = seen(rackOf([miner('m01')], { m01: { asleep: true } }), after(1), order);
  let picture = inletC ? seen(asleep, after(1), inlet) : asleep;
  let { memory } = decide(awake, rules, emptyMemory, after(0), rack);
  for (let s = STEP_S; ; s += STEP_S) {
    if (frequencyHz) picture = seen(picture, after(s), meteredHz(frequencyHz(s)));
    if (inletC) picture = seen(picture, after(s), sensed(inletC(s)));
    memory = decide(picture, rules, memory, after(s), rack).memory;
    if (!memory.line) return s;
  }
}

const facts = rackOf([miner('m01')]);
const inlet: Observation = {
  kind: 'inventory',
  devices: devicesOf(facts).map((device) => device.facts),
  meters: Object.values(facts.meters).map((meter) => meter.facts),
  sensors: [{ id: 'inlet', role: 'inlet', periodMs: 5000 }],
  pdus: [],
  workloads: [],
};

function meteredHz(frequencyHz: number): Observation {
  return { kind: 'meter', meter: 'feed', reading: { frequencyHz } };
}

function sensed(temperatureC: number): Observation {
  return { kind: 'sensor', sensor: 'inlet', reading: { temperatureC } };
}
