import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ciphered } from './goldshell.ts';
import { identityOf, isAsleep, planLevel, readingOf, settingOf, withPlanOf } from './reading.ts';

const setting = settingOf({
  name: '02:A1:C0:FF:EE:05',
  select: 0,
  powerplans: [
    { level: 0, info: '575 MHz 0.41 V 90 RPM 90 RPM' },
    { level: 1, info: '500 MHz 0.40 V 70 RPM 70 RPM' },
    { level: 3, info: 'sleep' },
  ],
  version: 7,
});
const board = { 'MHS 20s': 2_000_000, 'tstemp-0': 60, 'tstemp-1': 66, 'tstemp-2': 51, 'Device Elapsed': 300 };
const supply = { voltage: 12_000, current: 80_000, fan0: 3000, fan1: 3100 };

test('a box that hashes', () => {
  assert.deepEqual(
    readingOf(setting, {
      DEVS: [
        { ...board, ...supply },
        { ...board, ...supply, 'tstemp-2': 0 },
      ],
    }),
    {
      asleep: false,
      powerW: 960,
      powerFrom: 'estimate',
      hashrateThs: 4,
      chipMaxC: 66,
      boardC: [51],
      fanRpm: [3000, 3100],
      uptimeS: 300,
      faults: [],
    },
  );
});

test('the plan in force tells whether it rests', () => {
  assert.equal(isAsleep({ ...setting, select: 2 }), true);
  assert.equal(isAsleep({ ...setting, select: 1 }), false);
  assert.equal(isAsleep({ ...setting, select: 9 }), undefined, 'a plan that is not listed');
});

test('another plan changes nothing else of the setting', () => {
  assert.deepEqual(withPlanOf(planLevel.sleep, setting), { ...setting, select: 2 });
  assert.equal(withPlanOf(planLevel.sleep, { ...setting, powerplans: [{ level: 0 }] }), undefined);
});

test('a setting without plans is malformed', () => {
  assert.throws(() => settingOf({ select: 0 }), { kind: 'malformed', message: /powerplans/ });
});

test('it says who it is', () => {
  const status = { model: 'Goldshell-SCBOX', firmware: '2.2.0' };
  assert.deepEqual(identityOf(status, setting), {
    make: 'Goldshell',
    model: 'Goldshell-SCBOX',
    firmware: '2.2.0',
    mac: '02:a1:c0:ff:ee:05',
  });
  assert.equal('mac' in identityOf(status, { ...setting, name: 'garage' }), false);
  assert.throws(() => identityOf({ model: 'Other' }), { kind: 'unsupported' });
});

test('a password goes under the cipher as the published example does', () => {
  assert.equal(ciphered('123456789'), 'bbad7537f4c8b6ea31eea0b3d760e257');
});
