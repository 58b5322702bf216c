import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '#agent/state/observation.ts';
import { after, metered, miner, policyOf, rackOf, seen } from '#test/support/pictures.ts';
import { proves } from './metered.ts';

test('a level is not proved by a meter that has frozen below it: it counts as gone, and the devices tell instead', () => {
  const ids = ['m01', 'm02', 'm03', 'm04'];
  let picture = rackOf(ids.map((id) => miner(id)));
  const proofs = new Set<string>();
  for (let s = 0; s <= 200; s += 1) {
    const words = ids.map((device): Observation => {
      const powerW = s < 60 ? 1500 : 3000;
      return { kind: 'device', device, reading: { asleep: false, powerW, faults: [] } };
    });
    picture = seen(picture, after(s), metered(6100), ...words);
    const proof = proves(picture, policyOf(), ids, { kind: 'atMost', watts: 6200 }, after(s));
    proofs.add('why' in proof ? `${proof.kind}: ${proof.why}` : proof.kind);
  }
  assert.deepEqual(
    [...proofs],
    [
      'early',
      'met',
      'unknown: meter feed has frozen at 6100 W, while the devices behind it have moved; estimate by the devices: 12100 W',
    ],
  );
});
