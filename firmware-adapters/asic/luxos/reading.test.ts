import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limitRange, profilesOf, profileWithin } from './profiles.ts';
import { capOf, identityOf, readingOf, steersByWatts } from './reading.ts';

const config = {
  CurtailMode: 'None',
  IsPowerSupplyOn: true,
  IsAtmEnabled: false,
  MACAddr: '02:5A:11:A5:00:01',
  Model: 'Antminer S19j Pro',
  SerialNumber: 'SIM0001',
  Hostname: 'rack7-03',
  Profile: '545MHz',
  ProfileStep: '-1',
  NameplateTHS: 100,
};

const profiles = profilesOf({
  PROFILES: [
    { 'Profile Name': '645MHz', Step: '1', Watts: 3300, Hashrate: 110 },
    { 'Profile Name': 'default', Step: '0', Watts: 3000, Hashrate: 100 },
    { 'Profile Name': '545MHz', Step: '-1', Watts: 2600, Hashrate: 90 },
    { 'Profile Name': '495MHz', Step: '-2', Watts: 2250, Hashrate: 80 },
  ],
});

function configOf(fields: object = {}) {
  return { CONFIG: [{ ...config, ...fields }] };
}

test('an awake miner is read in watts, terahashes and degrees', () => {
  const replies = {
    config: configOf(),
    summary: { SUMMARY: [{ Elapsed: 3453, 'GHS 5s': 89_750 }] },
    power: { POWER: [{ Watts: 2610, PSU: false }] },
    temps: {
      TEMPS: [
        { ID: 0, TopLeft: 47, TopRight: 34, BottomLeft: 48.5, BottomRight: 33 },
        { ID: 1, TopLeft: 46, TopRight: 34 },
      ],
    },
    fans: {
      FANS: [
        { ID: 0, RPM: 4920, Speed: 80 },
        { ID: 1, RPM: 0 },
      ],
    },
    events: { EVENTS: [] },
  };
  assert.deepEqual(readingOf(replies, profiles), {
    asleep: false,
    powerW: 2610,
    powerFrom: 'estimate',
    hashrateThs: 89.75,
    ratedHashrateThs: 100,
    boardC: [48.5, 46],
    fanRpm: [4920, 0],
    uptimeS: 3453,
    faults: [],
  });
});

test('watts that the power supply measured are told from an estimate', () => {
  const read = (power: object) => readingOf({ config: configOf(), power: { POWER: [power] } }, []);
  assert.equal(read({ Watts: 3000, PSU: true }).powerFrom, 'psu');
  assert.equal(read({ Watts: 3000 }).powerFrom, 'estimate');
  assert.equal('powerFrom' in read({ PSU: true }), false);
});

test('its pools are listed in its own order, each with whether it answers', () => {
  const POOLS = [
    { POOL: 0, URL: 'stratum+tcp://a.invalid:700', User: 'me.1', Status: 'Alive', 'Stratum Active': true },
    { POOL: 1, URL: 'stratum+tcp://b.invalid:700', User: 'me.1', Status: 'Dead', 'Stratum Active': false },
    { POOL: 2, URL: '', User: '' },
  ];
  assert.deepEqual(readingOf({ config: { CONFIG: [{}] }, pools: { POOLS } }, []).pools, [
    { url: 'stratum+tcp://a.invalid:700', user: 'me.1', alive: true, active: true },
    { url: 'stratum+tcp://b.invalid:700', user: 'me.1', alive: false, active: false },
  ]);
});

test('what the miner leaves out is absent and never 0', () => {
  assert.deepEqual(readingOf({ config: { CONFIG: [{}] } }, []), { faults: [] });
  const nothing = { SUMMARY: [{ Elapsed: null, 'GHS 5s': null }], POWER: [{ Watts: null, PSU: null }] };
  const replies = { config: { CONFIG: [{}] }, summary: nothing, power: nothing, temps: {}, fans: { FANS: [] } };
  assert.deepEqual(readingOf(replies, []), { faults: [] });
});

const sleeps = [
  { fields: { CurtailMode: 'Sleep', IsPowerSupplyOn: false }, asleep: true, told: 'curtailed, its supply off' },
  { fields: { CurtailMode: 'Sleep', IsPowerSupplyOn: true }, asleep: false, told: 'curtailed, its supply still on' },
  { fields: { CurtailMode: 'Sleep', IsPowerSupplyOn: null }, asleep: true, told: 'curtailed, its supply unknown' },
  { fields: { CurtailMode: 'None', IsPowerSupplyOn: false }, asleep: false, told: 'about to start its supply' },
  { fields: { CurtailMode: null, IsPowerSupplyOn: false }, asleep: undefined, told: 'silent about curtailment' },
];

for (const { fields, asleep, told } of sleeps) {
  test(`a miner ${told} is ${asleep === undefined ? 'not known to sleep or mine' : asleep ? 'asleep' : 'awake'}`, () => {
    assert.equal(readingOf({ config: configOf(fields) }, []).asleep, asleep);
  });
}

test('a hash rate of 0 does not make a miner asleep', () => {
  const replies = { config: configOf(), summary: { SUMMARY: [{ 'GHS 5s': 0 }] } };
  assert.partialDeepStrictEqual(readingOf(replies, []), { asleep: false, hashrateThs: 0 });
});

test('sensors that show 0 did not answer, and a board of them has no temperature', () => {
  const boards = [
    { TopLeft: 0, TopRight: 0, BottomLeft: -2, BottomRight: 0 },
    { TopLeft: 0, TopRight: 0, BottomLeft: 0, BottomRight: 0 },
  ];
  assert.deepEqual(readingOf({ config: configOf(), temps: { TEMPS: boards } }, []).boardC, [-2]);
});

test('a miner in oil has no fans, whatever it lists', () => {
  const replies = { config: configOf({ ImmersionMode: true }), fans: { FANS: [{ RPM: 0 }, { RPM: 0 }] } };
  assert.equal('fanRpm' in readingOf(replies, []), false);
});

test('without a nameplate the default profile tells what the miner is rated', () => {
  const replies = { config: configOf({ NameplateTHS: null }) };
  assert.equal(readingOf(replies, profiles).ratedHashrateThs, 100);
});

test('events are faults in the words of the miner, but not those that somebody asked for', () => {
  const events = [
    { Code: 'FAN_FAILURE', Description: 'Fan failure.', Target: 'FAN', ID: 2 },
    { Code: 'NO_ACTIVE_POOLS', Description: 'No active pools available.', Target: 'MINER' },
    { Code: 'PSU_PANIC' },
    ...['SLEEP', 'IDLE', 'SHUTDOWN_USER', 'REBOOT_USER', 'REBOOT_SYSINIT'].map((Code) => ({ Code })),
  ];
  assert.deepEqual(readingOf({ config: configOf(), events: { EVENTS: events } }, []).faults, [
    'FAN_FAILURE (fan 2): Fan failure.',
    'NO_ACTIVE_POOLS: No active pools available.',
    'PSU_PANIC',
  ]);
});

test('a field of the wrong type is malformed, and so is a config that says nothing', () => {
  const power = { POWER: [{ Watts: 'much' }] };
  assert.throws(() => readingOf({ config: configOf(), power }, []), { kind: 'malformed', message: /Watts.*power/ });
  for (const empty of [{}, { CONFIG: [] }, undefined]) {
    assert.throws(() => readingOf({ config: empty }, []), { kind: 'malformed', message: /config/ });
  }
});

describe('identity', () => {
  const version = {
    VERSION: [{ LUXminer: '2025.6.1.120000-0a1b2c3d', Miner: '2025.6.1.120000', Type: 'Antminer S19' }],
  };

  test('is what version and config say', () => {
    assert.deepEqual(identityOf({ version, config: configOf() }), {
      make: 'Bitmain',
      model: 'Antminer S19j Pro',
      firmware: 'LuxOS 2025.6.1.120000-0a1b2c3d',
      mac: '02:5a:11:a5:00:01',
      serial: 'SIM0001',
      hostname: 'rack7-03',
    });
  });

  test('is thinner where config is missing', () => {
    const firmware = 'LuxOS 2025.6.1.120000-0a1b2c3d';
    assert.deepEqual(identityOf({ version }), { make: 'Bitmain', model: 'Antminer S19', firmware });
  });

  test('is denied to a miner that speaks the protocol but is not LuxOS', () => {
    const stock = { VERSION: [{ API: '3.1', CGMiner: '4.9.0', Miner: '42.0.1.3', Type: 'Antminer S19' }] };
    assert.throws(() => identityOf({ version: stock }), { kind: 'unsupported', message: /not say that it is LuxOS/ });
  });
});

describe('profiles', () => {
  test('give a limit its range, from the lowest up to the default one, in steps of the smallest gap', () => {
    assert.deepEqual(limitRange(profiles), { min: 2250, max: 3000, step: 350, unit: 'watts' });
  });

  test('of firmware that has no steps are told by their names', () => {
    const old = [
      { 'Profile Name': 'low', Watts: 1000 },
      { 'Profile Name': 'default', Watts: 1350 },
    ];
    assert.deepEqual(limitRange(profilesOf({ PROFILES: old })), { min: 1000, max: 1350, step: 350, unit: 'watts' });
  });

  test('are known by their step where the default one has another name, and two may draw the same', () => {
    const listed = [
      { 'Profile Name': 'stock', Step: '0', Watts: 3000 },
      { 'Profile Name': 'quiet', Step: '-1', Watts: 2600 },
      { 'Profile Name': 'mine', Watts: 2600 },
    ];
    assert.deepEqual(limitRange(profilesOf({ PROFILES: listed })), { min: 2600, max: 3000, step: 400, unit: 'watts' });
  });

  test('give none when there is no default one, nothing below it, or nothing at all', () => {
    const overclocked = profiles.filter(({ watts }) => watts >= 3000);
    const strange = profiles.map((profile) => ({ ...profile, isDefault: false }));
    for (const each of [overclocked, strange, []]) assert.equal(limitRange(each), undefined);
    assert.deepEqual(profilesOf({ PROFILES: [{ 'Profile Name': 'default' }, { Watts: 1000 }] }), []);
  });

  test('are chosen so that they draw no more than asked for', () => {
    const chosen = [2249, 2250, 2599, 2600, 9000].map((watts) => profileWithin(profiles, watts)?.name);
    assert.deepEqual(chosen, [undefined, '495MHz', '495MHz', '545MHz', '645MHz']);
  });

  test('do not steer a miner that is steered by watts', () => {
    assert.equal(steersByWatts(configOf({ IsPowerTargetEnabled: true })), true);
    assert.equal(steersByWatts(configOf()), false);
  });
});

describe('the bound in force', () => {
  const cap = (fields: object, atm?: object) =>
    capOf({ config: configOf(fields), ...(atm && { atm: { ATM: [atm] } }) }, profiles)?.name;

  test('is the profile that is set', () => {
    assert.equal(cap({}), '545MHz');
    assert.equal(cap({ Profile: 'a friend of mine' }), undefined);
  });

  test("is thermal management's highest profile while it is on, whatever the heat makes of it", () => {
    assert.equal(cap({ Profile: '495MHz', IsAtmEnabled: true }, { Enabled: true, MaxProfile: 'default' }), 'default');
    assert.equal(cap({ Profile: '495MHz', IsAtmEnabled: true }, { Enabled: true, MaxProfile: '' }), '645MHz');
  });

  test('is not known while thermal management is on and does not tell its bounds', () => {
    assert.equal(cap({ IsAtmEnabled: true }), undefined);
  });
});
