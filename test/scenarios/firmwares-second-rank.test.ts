/** A new firmware is tested here as soon as it is in the registry, and its simulator in `minerKinds`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adapters } from '#adapters/registry.ts';
import { minerKinds } from '#test/simulator/miners.ts';
import { firstRank, subject, testEvents, worldOf } from '#test/support/firmware-events.ts';

test('every miner of the registry has a simulator', () => {
  const simulated = minerKinds.map((kind) => subject(worldOf(kind)).entry.adapter);
  const registered = adapters.filter(({ kind }) => kind === 'miner').map(({ name }) => name);
  assert.deepEqual([...simulated].sort(), [...registered].sort());
});

testEvents(minerKinds.filter((kind) => !firstRank.includes(kind)));
