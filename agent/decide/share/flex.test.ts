import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceFacts, WorkloadFacts } from '#agent/state/observation.ts';
import { emptyPicture } from '#agent/state/picture.ts';
import { accepted, after, inventory, miner, policyOf, RACK, seen } from '#test/support/pictures.ts';
import { decide } from '../decide.ts';
import { emptyMemory } from '../plan.ts';
import { withinFlex } from './flex.ts';

const range = { min: 100, max: 300, step: 1, unit: 'watts' } as const;

const dials: [share: number | undefined, min: number][] = [
  [undefined, 100],
  [1, 100],
  [0.5, 150],
  [0.25, 225],
  [0.1, 270],
  [0, 300],
];
for (const [share, min] of dials) {
  test(`a dial of 100 to 300 W that may take ${share ?? 'anything'} ends at ${min} W`, () => {
    assert.equal(withinFlex(range, share)?.min, min);
  });
}

test('a tier is slowed as far as the policy lets it, and then it rests', () => {
  assert.equal(plan(1000), 'gpu0 300, gpu1 300, gpu2 300, gpu3 100');
  assert.equal(plan(1000, { flex: {} }), 'gpu0 300, gpu1 300, gpu2 250, gpu3 150');
  assert.equal(plan(950, { flex: {} }), 'gpu0 300, gpu1 275, gpu2 225, gpu3 150');
  // 945 W are all of them at their least: below that the one worth least rests, and the others have room.
  assert.equal(plan(940, { flex: {} }), 'gpu0 300, gpu1 300, gpu2 300, gpu3 rests');
});

test('who may not be slowed is not, and who may not rest stays: the level is not met, and by how much is said', () => {
  const noRest = { controls: { limit: gpuOf('').controls['limit'] } } as Partial<DeviceFacts>;
  const { shortByW } = decided(500, { flex: {} }, noRest).plan;
  assert.equal(shortByW, 445);
});

function plan(levelW: number, policy: Record<string, unknown> = {}): string {
  const { devices } = decided(levelW, policy).plan;
  return devices
    .toSorted((a, b) => (a.device < b.device ? -1 : 1))
    .map(({ device, want }) => `${device} ${want.kind === 'asleep' ? 'rests' : (want.limit ?? 300)}`)
    .join(', ');
}

/** Four GPUs under workloads of the tiers 0 to 3, and a level for them. */
function decided(levelW: number, policy: Record<string, unknown>, change: Partial<DeviceFacts> = {}) {
  const gpus = [0, 1, 2, 3].map((i) => ({ ...gpuOf(`gpu${i}`), ...change }));
  const workloads = ([0, 1, 2, 3] as const).map((tier): WorkloadFacts => {
    return { id: `w${tier}`, adapter: 'vllm', gpus: [`gpu${tier}`], tier, periodMs: 2000 };
  });
  const readings = gpus.map(({ id }) => {
    return { kind: 'device', device: id, reading: { asleep: false, limit: 300, powerW: 300, faults: [] } } as const;
  });
  const before = seen(emptyPicture, after(0), inventory({ devices: gpus, workloads }), ...readings, {
    kind: 'ordersKnown',
  });
  const homes = decide(before, policyOf(policy), emptyMemory, after(0), RACK).memory;
  const order = accepted({ kind: 'ceiling', watts: levelW }, { scope: { site: 'tx1', to: `rack/${RACK}` } });
  const picture = seen(before, after(1), { kind: 'order', accepted: order });
  return decide(picture, policyOf(policy), homes, after(1), RACK);
}

function gpuOf(id: string): DeviceFacts {
  const { controls } = miner(id);
  const limit = { settle_ms: 50, restarts: false, persistent: false, min_interval_s: 0, range };
  return miner(id, { kind: 'gpu', adapter: 'nvidia', ratedW: 300, residualW: 30, controls: { ...controls, limit } });
}
