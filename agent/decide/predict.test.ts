import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Prediction } from '#protocol/lifecycle.ts';
import type { Target } from '#protocol/order.ts';
import { accepted, after, metered, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import { decide } from './decide.ts';
import { emptyMemory } from './plan.ts';
import { predict } from './predict.ts';

const devices = [miner('m01'), miner('m02', { learned: { drop90S: 7, rampUpS: 240 } })];

/** `sleeping` of them sleep at home. */
function predicted(target: Target, policy: Record<string, unknown> = {}, sleeping: readonly string[] = []): Prediction {
  const ths: Record<string, number> = { m01: 200, m02: 100 };
  const readings = Object.fromEntries(
    devices.map(({ id }) => [id, { asleep: sleeping.includes(id), ratedHashrateThs: ths[id] }]),
  );
  const picture = seen(rackOf(devices, readings), after(1), metered(6100));
  const rules = policyOf({ limits: { step_down_w_per_s: 100, step_up_w_per_s: 10 }, ...policy });
  const { memory } = decide(picture, rules, emptyMemory, after(1), RACK);
  const { order } = accepted(target, { scope: { site: 'tx1', to: `rack/${RACK}` } });
  return predict(picture, rules, memory, order, after(2), RACK);
}

test('a dry run tells the watts and learned seconds of each cut, the ramp’s with them, and why others are skipped', () => {
  const { cuts, raises, skipped, seconds, expected_w, power_w } = predicted({ kind: 'ceiling', watts: 3200 });
  assert.deepEqual(
    cuts.map(({ device, from_w, to_w, seconds: takes }) => [device, from_w, to_w, takes]),
    [['m02', 3000, 20, 7]],
  );
  assert.deepEqual([raises, seconds, expected_w, power_w], [[], 7 + 30, 3120, 6100]);
  assert.deepEqual(skipped, [{ device: 'm01', why: 'home: nothing asks for less' }]);
});

test('what is impossible is told in watts', () => {
  assert.equal(predicted({ kind: 'ceiling', watts: 0 }, { protect: ['m01'] }).short_by_w, 3120);
});

test('a dry run of a price tells who would rest once all have had their turn', () => {
  const prices = { market: { hash_usd_per_ph_day: 50 }, limits: { restore_window_s: 900 } };
  const { cuts, level_w } = predicted({ kind: 'market', energy_usd_per_mwh: 90 }, prices);
  assert.deepEqual([cuts.map(({ device }) => device), level_w], [['m02'], null]);
  assert.match(cuts[0]?.why ?? '', /costs more than the 69.44 it earns/);
});

test('a dry run of a floor tells who would wake, with the learned time that takes', () => {
  const { raises, cuts } = predicted({ kind: 'floor', watts: 5000 }, {}, ['m02']);
  assert.deepEqual(
    raises.map(({ device, from_w, seconds }) => [device, from_w, seconds]),
    [['m02', 20, 240]],
  );
  assert.deepEqual(cuts, []);
});
