import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Says } from '#test/support/pictures.ts';
import { after, miner, rackOf, seen, viewOf } from '#test/support/pictures.ts';
import type { DeviceReading, Observation, Setting } from './observation.ts';
import { asleep, awake, sameSetting, settingText, shows } from './setting.ts';

const at = (limit: number): Setting => ({ kind: 'awake', limit });

test('settings are the same by kind and limit', () => {
  const all = [asleep, awake, at(60), at(61)];
  for (const [i, one] of all.entries())
    for (const [j, other] of all.entries()) assert.equal(sameSetting(one, other), i === j);
});

test('settings are told in words with the unit of the dial', () => {
  assert.deepEqual(
    [settingText(asleep), settingText(awake), settingText(at(60)), settingText(at(900), 'watts')],
    ['asleep', 'awake', 'awake at 60 %', 'awake at 900 W'],
  );
});

const shown: [reading: Says, wanted: Setting, yes: boolean][] = [
  [{ asleep: true }, asleep, true],
  [{ asleep: true, limit: 60 }, at(60), false],
  [{ asleep: false }, asleep, false],
  [{ limit: 60 }, at(60), true],
  [{ limit: 61 }, at(60), false],
  [{ limit: 100 }, awake, true],
  [{ limit: 60 }, awake, false],
  [{ asleep: undefined }, awake, false],
];

for (const [reading, wanted, yes] of shown) {
  test(`a device that says ${JSON.stringify(reading)} ${yes ? 'shows' : 'does not show'} ${settingText(wanted)}`, () => {
    assert.equal(shows(viewOf(rackOf([miner('m01')], { m01: reading }), 'm01'), wanted), yes);
  });
}

const rack = rackOf([miner('m01')], { m01: { asleep: true } });
const asked: Observation = { kind: 'asked', asks: [{ device: 'm01', setting: asleep }] };
const acknowledged: Observation = { kind: 'acknowledged', device: 'm01', settleMs: 0, said: 'ok' };
const read = (reading: Partial<DeviceReading>): Observation => ({
  kind: 'device',
  device: 'm01',
  reading: { asleep: false, faults: [], ...reading },
});

test('only a word given after the answer to our call counts as its effect', () => {
  const waiting = seen(rack, after(1), asked);
  assert.equal(shows(viewOf(waiting, 'm01'), asleep), false);
  const answered = seen(waiting, after(2), acknowledged);
  assert.equal(shows(viewOf(answered, 'm01'), asleep), false, 'the reading is older than the answer');
  assert.equal(shows(viewOf(seen(answered, after(3), read({ asleep: true })), 'm01'), asleep), true);
});

test('of firmware that never says its limit, only an acknowledgement of just this limit counts', () => {
  const mute = rackOf([miner('m01')], { m01: { limit: undefined } });
  assert.equal(shows(viewOf(mute, 'm01'), awake), true, 'nobody has limited it');
  const limited = seen(mute, after(1), { kind: 'asked', asks: [{ device: 'm01', setting: at(60) }] }, acknowledged);
  const after2 = seen(limited, after(2), read({}));
  assert.deepEqual([shows(viewOf(after2, 'm01'), at(60)), shows(viewOf(after2, 'm01'), awake)], [true, false]);
});
