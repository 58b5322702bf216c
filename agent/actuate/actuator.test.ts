import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ack, Controls } from '#adapters/contract.ts';
import type { PlannedDevice } from '#agent/decide/plan.ts';
import { openLog } from '#agent/platform/log.ts';
import type { Observation, Setting } from '#agent/state/observation.ts';
import { asleep, awake } from '#agent/state/setting.ts';
import type { Says } from '#test/support/pictures.ts';
import { after, miner, planned, rackOf, seen } from '#test/support/pictures.ts';
import { settle } from '#test/support/virtual-clock.ts';
import { Actuator } from './actuator.ts';

/** An actuator over one miner whose answers never come: what was asked of it, and which of that was called off. */
function actuating(reading: Says) {
  const asked: { what: string; signal: AbortSignal | undefined }[] = [];
  const call = (what: string) => (signal?: AbortSignal) => {
    asked.push({ what, signal });
    return new Promise<Ack>((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  };
  const { controls } = miner('m01');
  const { sleep, wake, limit } = controls;
  assert.ok(sleep && wake && limit?.range);
  const own: Controls = {
    sleep: { capability: sleep, residualW: 20, run: call('sleep') },
    wake: { capability: wake, run: call('wake') },
    limit: {
      capability: { ...limit, range: limit.range },
      run: (percent, lowers, signal) => call(`${percent} %, ${lowers ? 'down' : 'up'}`)(signal),
    },
  };
  let picture = rackOf([miner('m01')], { m01: reading });
  const observed: Observation[] = [];
  const observe = (observation: Observation) => {
    observed.push(observation);
    picture = seen(picture, after(1), observation);
  };
  const actuator = new Actuator({ controls: () => own, observe, poke: () => {}, log: openLog('silent') });
  const plan = (want: Setting, hands: PlannedDevice['hands'] = 'on') => {
    const rest = {
      levelW: undefined,
      lineW: undefined,
      liftW: undefined,
      why: '',
      shortByW: 0,
      leastW: 0,
      mostW: 0,
      frequency: undefined,
      sags: 0,
      market: undefined,
      noRaise: undefined,
      steps: [],
    };
    actuator.apply({ ...rest, devices: [planned('m01', want, hands)] }, picture, after(1));
  };
  const calledOff = () => asked.filter(({ signal }) => signal?.aborted).map(({ what }) => what);
  return { plan, observed, calledOff, asked: () => asked.map(({ what }) => what) };
}

const raises: [what: string, reading: Says, want: Setting][] = [
  ['a wake', { asleep: true }, awake],
  ['a higher limit', { limit: 40 }, { kind: 'awake', limit: 60 }],
];
for (const [what, reading, want] of raises) {
  test(`${what} on its way is called off when the device is to be left alone, and counts as not done`, async () => {
    const { plan, observed, calledOff, asked } = actuating(reading);
    plan(want);
    assert.deepEqual(calledOff(), []);
    plan(want, 'off');
    assert.deepEqual(calledOff(), asked());
    await settle();
    assert.deepEqual(observed.at(-1), {
      kind: 'notDone',
      device: 'm01',
      trouble: { kind: 'refused', message: 'it is to be left alone' },
    });
  });
}

test('a cut on its way goes on, also when the device is to be left alone from now on', () => {
  for (const want of [asleep, { kind: 'awake', limit: 60 } as const]) {
    const { plan, calledOff } = actuating({});
    plan(want);
    plan(want, 'off');
    assert.deepEqual(calledOff(), []);
  }
});

test('a cut calls a wake off that is on its way, though the device still says that it sleeps', () => {
  const { plan, asked, calledOff } = actuating({ asleep: true });
  plan(awake);
  plan(asleep);
  assert.deepEqual(asked(), ['wake', 'sleep']);
  assert.deepEqual(calledOff(), ['wake']);
});
