import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hint, WorkloadFacts } from '#agent/state/observation.ts';
import { devicesOf } from '#agent/state/picture.ts';
import type { Millis, Seconds, Watts } from '#protocol/units.ts';
import type { ModelDevice } from '#test/support/model-rack.ts';
import { ModelRack } from '#test/support/model-rack.ts';
import { accepted, after, inventory, miner, policyOf, seen } from '#test/support/pictures.ts';
import { hintedW } from './expected.ts';
import type { Look } from './shape.ts';
import { flat, outcome, peakW, withLook } from './shape.ts';

const LEVEL_W: Watts = 7000;
const quick = { settle_ms: 100, restarts: false, persistent: false, min_interval_s: 0 };

/** Two GPUs of 1 kW that pause for 3 s in every 20, and two miners that take a second to follow. */
const pausing = (ms: Millis): Watts => (ms % 20_000 < 3000 ? 300 : 900);
const gpu = (id: string): ModelDevice => ({
  facts: miner(id, {
    kind: 'gpu',
    ratedW: 1000,
    controls: { limit: { ...quick, range: { min: 200, max: 1000, step: 1, unit: 'watts' } } },
  }),
  delayMs: 50,
  tauMs: 0,
  demandW: pausing,
});
const counterweight = (id: string): ModelDevice => ({
  facts: miner(id, { learned: { drop10S: 1, drop90S: 1.1 } }),
  delayMs: 1000,
  tauMs: 50,
});
const train: WorkloadFacts = {
  id: 'train',
  adapter: 'cooperative',
  gpus: ['gpu0', 'gpu1'],
  tier: 1,
  periodMs: 1000,
};

function evened(policy: Record<string, unknown>, hinted = false) {
  const drawn: Watts[] = [];
  let lostW = 0;
  const rack = new ModelRack({
    devices: [gpu('gpu0'), gpu('gpu1'), counterweight('m1'), counterweight('m2')],
    policy: policyOf(policy),
    meterMs: 100,
    readMs: 100,
    stepped: ({ ms, watts, wattsOf }) => {
      if (ms <= 60_000) return;
      drawn.push(watts);
      lostW += 2 * pausing(ms) - wattsOf('gpu0') - wattsOf('gpu1');
    },
  });
  const facts = {
    devices: devicesOf(rack.picture).map((d) => d.facts),
    meters: Object.values(rack.picture.meters).map((m) => m.facts),
  };
  rack.picture = seen(rack.picture, rack.now, inventory({ ...facts, workloads: [train] }));
  const ramp = { down_w_per_s: null, up_w_per_s: null };
  rack.hear({ kind: 'order', accepted: accepted({ kind: 'setpoint', watts: LEVEL_W }, { ramp }) });
  for (let s = 0; s < 180; s++) {
    if (hinted) rack.hear({ kind: 'hints', workload: 'train', hints: told(s) });
    rack.advance(1000);
  }
  return { drawn, lost: lostW / drawn.length / 1620, plan: rack.plan };
}

/** The next ten seconds in spans of half a second. */
function told(s: Seconds): Hint[] {
  return Array.from({ length: 20 }, (_, i) => ({
    fromMono: after(s + i / 2).mono,
    untilMono: after(s + (i + 1) / 2).mono,
    powerW: 2 * pausing((s + i / 2) * 1000),
  }));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

test('without its section in the policy GPUs are planned at full load: no more of a pause is filled than the trim may', () => {
  const { drawn, lost } = evened({});
  assert.ok(Math.max(...drawn) <= LEVEL_W * 1.05 && lost === 0);
});

test('the line is never crossed when the AI load comes back faster than the miners give way', () => {
  const { drawn, lost } = evened({ balance: { ai_time: 0.1 } });
  assert.ok(Math.max(...drawn) <= LEVEL_W * 1.01, `${Math.max(...drawn)} W`);
  assert.ok(lost > 0 && lost <= 0.1, `${lost} of the AI time`);
});

test('how much AI time it may cost decides whether pauses are filled', () => {
  const [dear, cheap] = [evened({ balance: { ai_time: 0.1 } }), evened({ balance: { ai_time: 0 } })];
  assert.ok(cheap.lost <= 0.001, `${cheap.lost} of the AI time`);
  assert.ok(spread(dear.drawn) < 0.8 * spread(cheap.drawn), `${spread(dear.drawn)} W against ${spread(cheap.drawn)} W`);
});

test('with the job’s hints the miners give way before it comes back: the pause is filled and costs no AI time', () => {
  const { drawn, lost } = evened({ balance: { ai_time: 0 } }, true);
  assert.ok(Math.max(...drawn) <= LEVEL_W * 1.01, `${Math.max(...drawn)} W`);
  assert.ok(lost <= 0.01, `${lost} of the AI time`);
  assert.ok(spread(drawn) < 0.5 * spread(evened({ balance: { ai_time: 0 } }).drawn));
});

const looks = (watts: readonly Watts[]): Look[] => watts.map((each, i) => ({ mono: i * 1000, watts: each }));

test('a hold longer than the pauses costs nothing and fills nothing; none at all makes the load wait after each', () => {
  const bursts = looks(Array.from({ length: 60 }, (_, s) => (s % 10 >= 7 ? 100 : 500)));
  const [long, none] = [outcome(bursts, 10_000, 1000), outcome(bursts, 0, 1000)];
  assert.equal(long.lost, 0);
  assert.ok(none.lost > 0.05 && none.variance < long.variance);
});

test('until enough of it has been seen, nothing is said of the load', () => {
  const shape = looks([1, 2, 3, 4, 5]).reduce((before, look) => withLook(before, look, 1000, 0.1), flat);
  assert.equal(peakW(shape), undefined);
});

test('hints count only where every GPU’s workload has told the whole span', () => {
  const rack = seen(
    seen(
      new ModelRack({ devices: [gpu('gpu0')], policy: policyOf(), meterMs: 100, readMs: 100 }).picture,
      after(0),
      inventory({ workloads: [train] }),
    ),
    after(0),
    {
      kind: 'hints',
      workload: 'train',
      hints: [
        { fromMono: after(1).mono, untilMono: after(2).mono, powerW: 500 },
        { fromMono: after(2).mono, untilMono: after(3).mono, powerW: 1800 },
      ],
    },
  );
  const span = (fromS: Seconds, untilS: Seconds) => ({ fromMono: after(fromS).mono, untilMono: after(untilS).mono });
  const both = new Set(['gpu0', 'gpu1']);
  assert.equal(hintedW(rack, both, span(1, 1.5)), 500);
  assert.equal(hintedW(rack, both, span(1.5, 2.5)), 1800);
  assert.equal(hintedW(rack, both, span(2.5, 3.5)), undefined, 'the end is untold');
  assert.equal(hintedW(rack, new Set(['gpu0', 'gpu7']), span(1, 2)), undefined, 'gpu7 has no workload');
});
