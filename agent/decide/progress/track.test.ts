import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, after, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import { decide } from '../decide.ts';
import { emptyMemory } from '../plan.ts';

const policy = policyOf({ limits: { restore_window_s: 900 } });
const level = (n: number) => ({ kind: 'ceiling', fraction: 0.3 + (n % 7) / 20 }) as const;

for (const [what, startS] of [
  ['that begin at once', (n: number) => n],
  ['that are all to begin later', (n: number) => 10_000 + n],
] as const) {
  test(`an issuer that sends hundreds of events ${what} costs the rack no more than a few of them`, () => {
    let picture = rackOf([miner('m01')]);
    let memory = emptyMemory;
    for (let n = 1; n <= 300; n++) {
      const times = { from: startS(n), until: startS(n) + 600 };
      const order = accepted(level(n), { id: `o-${n}`, seq: n, event: `e-${n}`, ...times });
      picture = seen(picture, after(n), { kind: 'order', accepted: order });
      memory = decide(picture, policy, memory, after(n), RACK).memory;
    }
    const [slot] = Object.values(picture.orders);
    assert.equal(slot?.orders.at(-1)?.order.id, 'o-300', 'the newest stands');
    assert.ok((slot?.orders.length ?? 0) <= 17, `${slot?.orders.length} orders`);
    assert.ok(memory.tracks.length <= 40, `${memory.tracks.length} tracks`);
  });
}
