import assert from 'node:assert/strict';
import { test } from 'node:test';
import { devicesOf } from '#agent/state/picture.ts';
import type { Target } from '#protocol/order.ts';
import type { ModelDevice } from '#test/support/model-rack.ts';
import { ModelRack } from '#test/support/model-rack.ts';
import { accepted, inventory, miner, policyOf, seen } from '#test/support/pictures.ts';

/** Three miners that draw `factor` of what is expected of them, and do not say what they draw. */
const rackAt = (factor: number, tauMs = 1000) =>
  new ModelRack({
    devices: ['a', 'b', 'c'].map(
      (id): ModelDevice => ({ facts: miner(id), delayMs: 1000, tauMs, factor, silent: true }),
    ),
    policy: policyOf(),
    meterMs: 500,
    readMs: 1000,
  });
const atOnce = { ramp: { down_w_per_s: null, up_w_per_s: null } };
const order = (target: Target, change: object = {}) =>
  ({ kind: 'order', accepted: accepted(target, { ...atOnce, ...change }) }) as const;
const ceiling = order({ kind: 'ceiling', watts: 5000 });

/** Its meter does not see all of its devices. */
function blinded(rack: ModelRack): ModelRack {
  const meters = Object.values(rack.picture.meters).map(({ facts }) => ({ ...facts, covers: ['a', 'b'] }));
  const devices = devicesOf(rack.picture).map(({ facts }) => facts);
  rack.picture = seen(rack.picture, rack.now, inventory({ devices, meters }));
  return rack;
}

test('devices that draw more than their nameplates are trimmed until the meter is under the ceiling', () => {
  const [rack, blind] = [rackAt(1.04), blinded(rackAt(1.04))];
  for (const each of [rack, blind]) {
    each.hear(ceiling);
    each.advance(120_000);
  }
  assert.ok(blind.watts > 5150, `${blind.watts} W without a trim`);
  assert.ok(rack.watts <= 5025 && rack.watts > 4850, `${rack.watts} W`);
});

test('a trim that has found its place never hunts: no setting is changed any more', () => {
  const rack = rackAt(1.04);
  rack.hear(ceiling);
  rack.advance(120_000);
  const settled = JSON.stringify(rack.plan?.devices);
  for (let minute = 0; minute < 10; minute++) {
    rack.advance(60_000);
    assert.equal(JSON.stringify(rack.plan?.devices), settled, `in minute ${minute}`);
  }
});

test('devices that draw less are given more under a setpoint, and not under a ceiling', () => {
  const drawn = (target: Target) => {
    const rack = rackAt(0.96);
    rack.hear(order(target));
    rack.advance(180_000);
    return rack.watts;
  };
  assert.ok(Math.abs(drawn({ kind: 'setpoint', watts: 5000 }) - 5000) < 60);
  assert.ok(drawn({ kind: 'ceiling', watts: 5000 }) < 4850);
});

test('what is further off than a twentieth is a fault: the trim goes no further', () => {
  const rack = rackAt(1.2);
  rack.hear(ceiling);
  rack.advance(300_000);
  assert.equal(rack.memory.trim?.watts, 250);
});

test('nothing is learned from devices that still move, nor from a meter that does not see them all', () => {
  const slow = rackAt(1.04, 60_000);
  slow.hear(ceiling);
  slow.advance(1500);
  assert.equal(slow.memory.trim?.watts, 0);
  const blind = blinded(rackAt(1.04));
  blind.hear(ceiling);
  blind.advance(60_000);
  assert.equal(blind.memory.trim?.watts, 0);
});

test('with everything down there is nothing left to trim, and what was learned goes with its event', () => {
  const rack = rackAt(1.04);
  rack.hear(order({ kind: 'ceiling', watts: 0 }, { until: 60 }));
  rack.advance(50_000);
  assert.equal(rack.memory.trim?.watts, 0);
  rack.hear(order({ kind: 'ceiling', watts: 5000 }, { id: 'o-2', seq: 9, from: 60, event: 'b' }));
  rack.advance(120_000);
  assert.ok((rack.memory.trim?.watts ?? 0) > 100);
  rack.hear(order({ kind: 'ceiling', watts: 5000 }, { id: 'o-3', seq: 10, from: 170, event: 'c' }));
  assert.equal(rack.memory.trim?.watts, 0);
});
