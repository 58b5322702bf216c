import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '#agent/config/policy.ts';
import type { Observation } from '#agent/state/observation.ts';
import type { Seconds } from '#protocol/units.ts';
import { accepted, after, metered, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import { decide } from '../decide.ts';
import type { Memory } from '../plan.ts';
import { emptyMemory } from '../plan.ts';
import { explain } from './explain.ts';
import type { Explained } from './link.ts';

const devices = ['m01', 'm02', 'm03'].map((id) => miner(id));
const half = accepted({ kind: 'ceiling', watts: 4000 }, { scope: { site: 'tx1', to: `rack/${RACK}` }, until: 600 });

/** Decided at each of these seconds; what was seen came with the first. */
function decided(rules: Policy, at: readonly Seconds[], ...observations: Observation[]): Explained {
  const [first = 0] = at;
  const picture = seen(rackOf(devices), after(first), ...observations);
  let memory: Memory = decide(rackOf(devices), rules, emptyMemory, after(first - 1), RACK).memory;
  let of: Explained | undefined;
  for (const s of at) {
    const { plan, memory: next } = decide(picture, rules, memory, after(s), RACK);
    memory = next;
    of = { picture, policy: rules, memory, plan, now: after(s) };
  }
  assert.ok(of);
  return of;
}

function told(of: Explained, device?: string): string {
  return (explain(of, device) ?? []).map(({ about, says }) => `${about}: ${says.join('. ')}`).join('\n');
}

test('a rack that nothing binds says so at every link', () => {
  const words = told(decided(policyOf(), [1]));
  assert.match(words, /^orders: none$/m);
  assert.match(words, /^level: no order binds$/m);
  assert.match(words, /^line: none: every device may run as it does at home$/m);
  assert.match(words, /^devices: m01, m02, m03 awake: home: nothing asks for less$/m);
  assert.match(words, /^released: nothing holds it$/m);
});

test('a cut device tells the chain: order, level, line, its rank, what it is to be, and what would end it', () => {
  const words = told(decided(policyOf(), [1], metered(9100), { kind: 'order', accepted: half }), 'm03');
  assert.match(words, /^orders: ecrs of qse-north, event ecrs-a: acting since 21:00:01Z, at 4000 W, until 21:10:00Z/m);
  assert.match(words, /the rack drew \d+ W before/);
  assert.match(words, /^level: 4000 W, by ecrs of qse-north: at most 4000 W$/m);
  assert.match(words, /^line: 4000 W: it has reached the level$/m);
  assert.match(words, /^ranking: 3 of 3 by value per watt: the first to go; 20 W are its share$/m);
  assert.match(words, /^m03: is to be asleep: .*it does not show that yet/m);
  assert.match(words, /its home is awake; the agent steers it$/m);
  assert.match(words, /^released: ecrs of qse-north ends at 21:10:00Z, or when it is released/m);
});

test('a line on its way tells where it goes and how fast it may', () => {
  const slow = { limits: { step_down_w_per_s: 100, restore_window_s: 60 } };
  const words = told(decided(policyOf(slow), [1], metered(9100), { kind: 'order', accepted: half }));
  assert.match(words, /^line: \d+ W, on its way to 4000 W, 100 W a second at the most$/m);
});

test('a rack that waits for its turn to rise says how long', () => {
  const words = told(decided(policyOf(), [590, 601], metered(4000), { kind: 'order', accepted: half }));
  assert.match(words, /^line: 4000 W: this rack rises in \d+ s of the 60 s over which racks come back$/m);
});

test('a level that cannot be met says by how many watts, and a protected device why it is left alone', () => {
  const words = told(decided(policyOf({ protect: ['m01', 'm02'] }), [1], { kind: 'order', accepted: half }), 'm01');
  assert.match(words, /that cannot be met: 2120 W too much is left/);
  assert.match(words, /^m01: is to be awake: left alone: protected by the policy/m);
  assert.match(words, /the agent leaves it alone$/m);
});

test('where programs stack the level says who sets it, and who else asks', () => {
  const scope = { site: 'tx1', to: `rack/${RACK}` } as const;
  const lower = accepted(
    { kind: 'ceiling', watts: 3000 },
    { program: '4cp', event: '4cp-a', id: 'o-2', scope, until: 600 },
  );
  const words = told(decided(policyOf(), [1], { kind: 'order', accepted: half }, { kind: 'order', accepted: lower }));
  assert.match(
    words,
    /^level: 3000 W, by 4cp of qse-north: at most 3000 W\. beside it ecrs of qse-north: at most 4000 W$/m,
  );
});

test('what is cut in reserve for devices that fail is told with its confidence', () => {
  const odds = devices.map(({ id }): Observation => {
    return { kind: 'learned', device: id, learned: { failureOdds: 0.2 } };
  });
  const words = told(decided(policyOf(), [1], ...odds, { kind: 'order', accepted: half }));
  assert.match(words, /^reserve: \d+ W more are cut, so that it is met with 95 % confidence$/m);
});

test('what was asked and how it was answered is told with its times', () => {
  const asleep = { kind: 'asleep' } as const;
  const of = decided(
    policyOf(),
    [2],
    { kind: 'order', accepted: half },
    { kind: 'asked', asks: [{ device: 'm03', setting: asleep }] },
    { kind: 'notDone', device: 'm03', trouble: { kind: 'timedOut', message: 'no answer within 2 s' } },
  );
  const words = told(of, 'm03');
  assert.match(words, /last asked at 21:00:02Z to be asleep: in vain at 21:00:02Z: no answer within 2 s/);
  assert.match(words, /its trouble since 21:00:02Z: no answer within 2 s/);
});

test('a rack that only observes, or whom a person runs, says that first', () => {
  const { commissioning: _waived, ...observing } = policyOf();
  const words = told(
    decided(
      observing,
      [1],
      { kind: 'order', accepted: half },
      {
        kind: 'local',
        lockedOut: [],
        manualUntil: after(60).wall,
      },
    ),
  );
  assert.match(words, /only observes and obeys nobody/);
  assert.match(words, /a person runs the rack until 21:01:00Z/);
});

test('a device that is not there is not explained', () => {
  assert.equal(explain(decided(policyOf(), [1]), 'm99'), undefined);
});
