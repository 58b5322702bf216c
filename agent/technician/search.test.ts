import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allMaps } from '#agent/config/maps.ts';
import { unitsToAsk, usualSettings } from './search.ts';

test('a serial line is tried at the settings that most models leave the factory with first', async () => {
  const settings = usualSettings(await allMaps('/nonexistent'));
  assert.deepEqual(settings[0], { baud: 9600, parity: 'none', stop_bits: 1 });
  assert.ok(settings.some(({ baud, parity }) => baud === 19_200 && parity === 'even'));
  const keys = settings.map((each) => JSON.stringify(each));
  assert.equal(new Set(keys).size, keys.length, 'none twice');
});

test('units that models answer to from the factory are asked before the others', async () => {
  const maps = await allMaps('/nonexistent');
  const units = unitsToAsk(maps, [3, 2, 1, 12]);
  assert.deepEqual(units, [1, 12, 3, 2]);
});
