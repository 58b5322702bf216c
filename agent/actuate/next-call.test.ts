import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation, Setting } from '#agent/state/observation.ts';
import { emptyPicture } from '#agent/state/picture.ts';
import { asleep, awake } from '#agent/state/setting.ts';
import type { Says } from '#test/support/pictures.ts';
import { after, inventory, miner, planned, rackOf, seen, viewOf } from '#test/support/pictures.ts';
import { awaitsWord, nextCall } from './next-call.ts';

const at = (limit: number): Setting => ({ kind: 'awake', limit });
const dialless = miner('m01', { controls: { sleep: off(), wake: off() } });

const calls: [shows: Says, want: Setting, call: object | undefined][] = [
  [{}, asleep, { kind: 'sleep', setting: asleep }],
  [{ asleep: true }, asleep, undefined],
  [{}, awake, undefined],
  [{ asleep: true }, awake, { kind: 'wake', setting: awake }],
  [{ asleep: true }, at(60), { kind: 'wake', setting: awake }],
  [{ asleep: undefined }, awake, { kind: 'wake', setting: awake }],
  [{}, at(60), { kind: 'limit', setting: at(60), value: 60, lowers: true }],
  [{ limit: 40 }, at(60), { kind: 'limit', setting: at(60), value: 60, lowers: false }],
  [{ limit: 40 }, awake, { kind: 'limit', setting: awake, value: 100, lowers: false }],
];

for (const [reading, want, call] of calls) {
  test(`one that shows ${JSON.stringify(reading)} and is to be ${JSON.stringify(want)} is asked for ${JSON.stringify(call) ?? 'nothing'}`, () => {
    assert.deepEqual(
      nextCall(viewOf(rackOf([miner('m01')], { m01: reading }), 'm01'), planned('m01', want), after(1)),
      call,
    );
  });
}

const gpu = miner('m01', {
  kind: 'gpu',
  controls: { sleep: off(), wake: off(), limit: { ...off(), range: { min: 100, max: 300, step: 1, unit: 'watts' } } },
});
const gpuCalls: [what: string, shows: Says, want: Setting, call: object | undefined][] = [
  [
    'capped, whatever runs on it',
    { asleep: undefined, limit: 300 },
    at(100),
    { kind: 'limit', setting: at(100), value: 100, lowers: true },
  ],
  [
    'not told to work under a cap while nobody knows whether that rests',
    { asleep: undefined, limit: 100 },
    at(100),
    undefined,
  ],
  ['told to work once nothing binds it', { asleep: undefined, limit: 100 }, awake, { kind: 'wake', setting: awake }],
  ['told to work before its cap is raised', { asleep: true, limit: 100 }, at(200), { kind: 'wake', setting: awake }],
];

for (const [what, reading, want, call] of gpuCalls) {
  test(`a GPU is ${what}`, () => {
    assert.deepEqual(nextCall(viewOf(rackOf([gpu], { m01: reading }), 'm01'), planned('m01', want), after(1)), call);
  });
}

test('the cap of a GPU is raised as soon as it has shown that it works again', () => {
  const asked: Observation[] = [
    { kind: 'asked', asks: [{ device: 'm01', setting: awake }] },
    { kind: 'acknowledged', device: 'm01', settleMs: 100, said: 'resumed' },
  ];
  const woken = seen(rackOf([gpu], { m01: { asleep: true, limit: 100 } }), after(1), ...asked);
  assert.equal(nextCall(viewOf(woken, 'm01'), planned('m01', awake), after(2)), undefined);
  const shown = seen(woken, after(2), {
    kind: 'device',
    device: 'm01',
    reading: { asleep: false, limit: 100, faults: [] },
  });
  assert.equal(nextCall(viewOf(shown, 'm01'), planned('m01', awake), after(2))?.kind, 'limit');
});

test('one that is to be left alone is asked for nothing, and one without a dial for no limit', () => {
  assert.equal(nextCall(viewOf(rackOf([miner('m01')]), 'm01'), planned('m01', asleep, 'off'), after(1)), undefined);
  assert.equal(nextCall(viewOf(rackOf([dialless]), 'm01'), planned('m01', at(60)), after(1)), undefined);
});

test('one that has not been heard yet is told to sleep, but not to wake', () => {
  const unheard = viewOf(seen(emptyPicture, after(0), inventory({ devices: [miner('m01')] })), 'm01');
  assert.equal(nextCall(unheard, planned('m01', asleep), after(1))?.kind, 'sleep');
  assert.equal(nextCall(unheard, planned('m01', awake), after(1)), undefined);
});

const ask: Observation = { kind: 'asked', asks: [{ device: 'm01', setting: asleep }] };
const acknowledged: Observation = { kind: 'acknowledged', device: 'm01', settleMs: 0, said: 'ok' };
const failed: Observation = { kind: 'notDone', device: 'm01', trouble: { kind: 'timedOut', message: '' } };
const stillAwake: Observation = { kind: 'device', device: 'm01', reading: { asleep: false, faults: [] } };

const outlets = miner('m01', { controls: { sleep: off(), wake: off(), outlet: off() } });
const toldThrice = Array.from({ length: 3 }, () => [ask, failed]).flat();

const ladder: [what: string, facts: typeof outlets, observed: Observation[], lastResort: boolean, kind: string][] = [
  ['told twice in vain is told again', outlets, toldThrice.slice(2), true, 'sleep'],
  ['told three times in vain loses its power', outlets, toldThrice, true, 'unpower'],
  ['is only told again where the level can be met without', outlets, toldThrice, false, 'sleep'],
  ['without outlets of ours is only told again', dialless, toldThrice, true, 'sleep'],
];

for (const [what, facts, observed, lastResort, kind] of ladder) {
  test(`one that will not sleep, ${what}`, () => {
    const picture = seen(rackOf([facts]), after(1), ...observed);
    const wanted = { ...planned('m01', asleep), stubborn: true, lastResort };
    assert.equal(nextCall(viewOf(picture, 'm01'), wanted, after(100))?.kind, kind);
  });
}

/** After what was observed at second 1, is it asked again by then? */
const patience: [what: string, observed: Observation[], again: [s: number, yes: boolean][]][] = [
  ['while its answer is awaited', [ask], [[1000, false]]],
  [
    'after it failed, soon',
    [ask, failed],
    [
      [1.9, false],
      [2, true],
    ],
  ],
  [
    'after it failed twice, later',
    [ask, failed, ask, failed],
    [
      [2.9, false],
      [3, true],
    ],
  ],
  [
    'after it failed ten times, every 30 s',
    Array.from({ length: 10 }, () => [ask, failed]).flat(),
    [
      [30.9, false],
      [31, true],
    ],
  ],
  [
    'after it said yes and did nothing, when its word is overdue',
    [ask, acknowledged, stillAwake],
    [
      [15.9, false],
      [16, true],
    ],
  ],
];

for (const [what, observed, again] of patience) {
  test(`a miner is asked again ${what}`, () => {
    const view = viewOf(seen(rackOf([miner('m01')]), after(1), ...observed), 'm01');
    for (const [s, yes] of again) {
      assert.equal(nextCall(view, planned('m01', asleep), after(s)) !== undefined, yes, `at ${s} s`);
    }
  });
}

test('another setting does not wait for what becomes of the last one', () => {
  const ask60: Observation = { kind: 'asked', asks: [{ device: 'm01', setting: at(60) }] };
  const view = viewOf(seen(rackOf([miner('m01')]), after(1), ask60), 'm01');
  assert.deepEqual(nextCall(view, planned('m01', at(80)), after(1)), {
    kind: 'limit',
    setting: at(80),
    value: 80,
    lowers: true,
  });
});

test('one let go before it was seen asleep is woken, whatever it said before it was told to sleep', () => {
  const rack = rackOf([miner('m01')]);
  for (const told of [[ask], [ask, acknowledged], [ask, failed]]) {
    const view = viewOf(seen(rack, after(1), ...told), 'm01');
    assert.equal(nextCall(view, planned('m01', awake), after(1))?.kind, 'wake');
    assert.equal(nextCall(view, planned('m01', at(60)), after(1))?.kind, 'wake');
  }
});

test('one that did it and has left it since, as after a reboot, is asked at once', () => {
  const done = seen(rackOf([miner('m01')]), after(1), ask, acknowledged);
  const slept = seen(done, after(2), { kind: 'device', device: 'm01', reading: { asleep: true, faults: [] } });
  assert.equal(nextCall(viewOf(slept, 'm01'), planned('m01', asleep), after(3)), undefined);
  const woke = seen(slept, after(3), stillAwake);
  assert.equal(nextCall(viewOf(woke, 'm01'), planned('m01', asleep), after(3))?.kind, 'sleep');
});

test('its own word is awaited once it has said yes', () => {
  const rack = rackOf([miner('m01')]);
  assert.equal(awaitsWord(viewOf(seen(rack, after(1), ask), 'm01'), planned('m01', asleep)), false);
  assert.equal(awaitsWord(viewOf(seen(rack, after(1), ask, acknowledged), 'm01'), planned('m01', asleep)), true);
});

function off() {
  return { settle_ms: 0, restarts: false, persistent: false, min_interval_s: 0 };
}

test('one that cannot sleep is only ever dialled, whether it says that it is awake or not', () => {
  const { limit } = miner('gpu0').controls;
  assert.ok(limit);
  const gpu = miner('gpu0', { kind: 'gpu', controls: { limit } });
  const view = viewOf(rackOf([gpu], { gpu0: { asleep: undefined } }), 'gpu0');
  assert.deepEqual([view.state, view.reading?.asleep], ['awake', undefined]);
  const call = nextCall(view, planned('gpu0', at(20)), after(1));
  assert.deepEqual(call, { kind: 'limit', setting: { kind: 'awake', limit: 20 }, value: 20, lowers: true });
});
