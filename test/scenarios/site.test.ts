import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#agent/decide/decide.ts';
import { emptyMemory } from '#agent/decide/plan.ts';
import { accepted, after, miner, policyOf, rackOf, seen } from '#test/support/pictures.ts';

const RACKS = 1000;
const WINDOW_S = 900;
const END_S = 60;
const STEP_S = 5;
const racks = Array.from({ length: RACKS }, (_, i) => `r${String(i + 1).padStart(4, '0')}`);

test('1,000 racks whose orders expire at one second come back evenly over the restore window', () => {
  const risen = racks.map((rack) => risesAt(rack, 'ecrs-a'));
  assert.ok(Math.min(...risen) >= END_S && Math.max(...risen) <= END_S + WINDOW_S + 2 * STEP_S);
  // The site's ramp: a straight line from nothing at the end of the order to all at the end of the window.
  for (let s = END_S; s <= END_S + WINDOW_S; s += STEP_S) {
    const share = risen.filter((at) => at <= s).length / RACKS;
    const even = (s - END_S) / WINDOW_S;
    assert.ok(Math.abs(share - even) < 0.05, `${share} of the site is back after ${s - END_S} s, not ${even}`);
  }
});

test('the racks that come back first after one event are not the first after the next', () => {
  const early = (event: string) => new Set(racks.filter((rack) => risesAt(rack, event) < END_S + WINDOW_S / 10));
  const second = early('ecrs-b');
  const both = [...early('ecrs-a')].filter((rack) => second.has(rack));
  assert.ok(both.length < RACKS / 40, `${both.length} racks of a thousand are among the first tenth both times`);
});

/** Seconds after the tests begin at which a rack that slept under an order until `END_S` is free again. */
function risesAt(rack: string, event: string): number {
  const policy = policyOf({ limits: { restore_window_s: WINDOW_S } });
  const change = { event, until: END_S, ramp: { down_w_per_s: null, up_w_per_s: null } };
  const order = { kind: 'order', accepted: accepted({ kind: 'ceiling', fraction: 0 }, change) } as const;
  const awake = seen(rackOf([miner('m01')]), after(0), order);
  const asleep = seen(rackOf([miner('m01')], { m01: { asleep: true } }), after(1), order);
  let { memory } = decide(awake, policy, emptyMemory, after(0), rack);
  for (let s = END_S; ; s += STEP_S) {
    memory = decide(asleep, policy, memory, after(s), rack).memory;
    if (!memory.line) return s;
  }
}
