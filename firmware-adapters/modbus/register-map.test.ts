import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRegisterMap, RegisterMapError } from './register-map.ts';
import { channelOf } from './repeats.ts';

const power = {
  key: 'power_w',
  table: 'input',
  address: 52,
  type: 'f32',
  unit: 'W',
  safe_range: [-1e5, 1e5],
  poll_class: 'fast',
};
const current = { ...power, key: 'current_a', address: 6, unit: 'A', safe_range: [0, 100], poll_class: 'normal' };
const map = {
  id: 'acme-m1',
  vendor: 'Acme',
  model: 'M1',
  source: ['Acme, M1 manual, page 7'],
  unverified: 'not compared with a meter',
  wire: { kinds: ['rtu'] },
  points: [power, current],
};

test('a map says no more than it must, the rest has the defaults of the specification', () => {
  const parsed = parseRegisterMap(JSON.stringify(map), 'm1.json');
  assert.equal(parsed.max_registers_per_read, 125);
  assert.equal(parsed.hole_max, undefined);
  assert.deepEqual(parsed.points[0], {
    ...power,
    word_order: 'big',
    byte_order: 'big',
    scale: 1,
    offset: 0,
    sentinels: [],
  });
});

const brokenPoints: [string, object, string][] = [
  ['an address below zero', { address: -1 }, 'power_w: address: '],
  ['a fraction of an address', { address: 5.5 }, 'power_w: address: '],
  ['an address as text', { address: '0x34' }, 'power_w: address: '],
  ['a value past the last address', { address: 65535 }, 'power_w: address: the value ends past address 65535'],
  ['a type we do not know', { type: 'f16' }, 'power_w: type: '],
  ['a word order we do not know', { word_order: 'middle' }, 'power_w: word_order: '],
  ['a unit outside the list', { unit: 'horsepower' }, 'power_w: unit: '],
  ['a unit of something else', { unit: 'V' }, 'power_w: unit: V does not measure power_w'],
  ['a key outside the list', { key: 'watts' }, 'watts: key: '],
  ['a poll class we do not know', { poll_class: 'often' }, 'power_w: poll_class: '],
  ['a misspelt field', { sentinel: ['0xFFFFFFFF'] }, 'power_w: point: '],
  [
    'a turn to below zero of a number with a sign',
    { type: 's16', negative_from: 10_000 },
    'power_w: negative_from: makes no',
  ],
  ['a scale of zero', { scale: 0 }, 'power_w: scale: is zero'],
  ['a safe range the wrong way round', { safe_range: [10, -10] }, 'power_w: safe_range: from 10 to -10 leaves nothing'],
  ['a frequency without its resolution', { key: 'frequency_hz', unit: 'Hz' }, 'frequency_hz: resolution: is missing'],
  ['a float in a coil', { table: 'coil' }, 'power_w: type: table coil does not hold f32'],
  ['a bit in a register', { type: 'bit' }, 'power_w: type: table input does not hold bit'],
  ['a sentinel of the wrong width', { sentinels: ['0x8000'] }, 'power_w: sentinels: 0x8000 does not have 8 digits'],
  ['a sentinel that is no hex', { sentinels: ['-32768'] }, 'power_w: sentinels.0: is not hex such as 0x8000'],
  [
    'a sentinel that could be a value',
    { type: 's16', sentinels: ['0x7FFF'] },
    'power_w: sentinels: 0x7FFF is 32767, within safe_range',
  ],
];

for (const [name, change, problem] of brokenPoints) {
  test(`a map with ${name} is refused, by file, point and rule`, () => {
    assertProblem({ ...map, points: [{ ...power, ...change }, current] }, problem);
  });
}

const brokenMaps: [string, object, string][] = [
  ['no source', { source: [] }, 'source: names no source'],
  ['neither verified nor unverified', { unverified: undefined }, 'verified: says either verified or unverified'],
  [
    'both verified and unverified',
    { verified: { by: 'A. Tester', date: '2026-05-01', hardware: 'M1 2.04' } },
    'verified: says either verified or unverified',
  ],
  ['an id that no config could name', { id: 'Acme M1' }, 'id: '],
  ['no points', { points: [] }, 'points: is empty'],
  ['one key twice', { points: [power, { ...power, address: 60 }] }, 'power_w: key: is there twice'],
  [
    'values that overlap',
    { points: [power, { ...current, address: 53 }] },
    'current_a: overlap: f32 big/big at 53 cuts into power_w, f32 big/big at 52',
  ],
  [
    'one register read as two types',
    { points: [power, { ...current, address: 52, type: 's32' }] },
    'current_a: overlap: s32 big/big at 52 cuts into power_w, f32 big/big at 52',
  ],
  [
    'a value wider than a request',
    { max_registers_per_read: 1, points: [power] },
    'power_w: max_registers_per_read: splits a value of 2 registers',
  ],
  [
    'a barrier within a value',
    { barriers: [{ table: 'input', address: 53 }] },
    'power_w: barriers: the one at 53 splits a value of 2 registers',
  ],
  ['more registers than the protocol allows', { max_registers_per_read: 126 }, 'max_registers_per_read: '],
  ['a misspelt field', { barrier: [] }, 'map: '],
];

const register = { table: 'holding', type: 'u16' };
const behaviour = { ...register, address: 938, range: [0, 1], stride: 1, hold: 0, open: 1 };
const deadMan = {
  refreshed_by: 'any_request',
  time_out_s: { ...register, address: 8, range: [1, 65_534] },
  outlet: [behaviour],
};
const outlets = {
  count: 8,
  points: [{ ...power, address: 0x3a02 }],
  stride: 0x120,
  switch: { address: 0, stride: 1 },
  min_off_s: 10,
  stagger_ms: 500,
};

const brokenOutlets: [string, object, string][] = [
  ['no outlets', { count: 0 }, 'outlets.count: '],
  ['a protected outlet that is not there', { protected: [9] }, 'outlets.protected: there is no outlet 9 among 8'],
  ['a measurement it could not be', { points: [{ ...power, unit: 'V' }] }, 'power_w: outlets.unit: V does not measure'],
  ['a misspelt key', { points: [{ ...power, key: 'watts' }] }, 'watts: outlets.key: '],
  ['outlets that overlap', { stride: 1 }, 'outlets.stride: 1 lets the outlets overlap in power_w'],
  [
    'a last outlet past the last register',
    { stride: 0x1000, count: 64 },
    'power_w: outlets.address: the value ends past',
  ],
  ['a last coil past the last address', { switch: { address: 65_530, stride: 1 } }, 'outlets.switch: the last one is'],
  [
    'a switch in a register that is wider than a bit may be',
    { switch: { address: 8, stride: 1, table: 'holding' } },
    'outlets.switch: table holding does not hold bit',
  ],
  [
    'a switch that may not be closed',
    { switch: { address: 8, stride: 1, range: [0, 0] } },
    'outlets.switch: 1 is not between 0 and 0',
  ],
  [
    'a switch whose read-back is past the last address',
    { switch: { address: 8, stride: 1, read_back: { table: 'discrete', address: 65_530 } } },
    'outlets.switch: the last one is past address 65535',
  ],
  [
    'a time-out that its register cannot hold',
    { dead_man: { ...deadMan, time_out_s: { ...deadMan.time_out_s, range: [1, 65_536] } } },
    'outlets.dead_man.time_out_s: u16 does not hold 65536',
  ],
  [
    'a dead-man that cannot be told to hold',
    { dead_man: { ...deadMan, outlet: [{ ...behaviour, hold: undefined }] } },
    'outlets.dead_man.outlet: says nowhere what stands for hold',
  ],
  [
    'a dead-man that is told what its register must not be',
    { dead_man: { ...deadMan, outlet: [{ ...behaviour, open: 2 }] } },
    'outlets.dead_man.outlet: 2 is not between 0 and 1',
  ],
  [
    'a dead-man that is kept off by something we do not know',
    { dead_man: { ...deadMan, refreshed_by: 'a_write' } },
    'outlets.dead_man.refreshed_by: ',
  ],
];

const channels = { count: 8, points: [{ ...power, key: 'temperature_c', unit: 'C', address: 100 }], stride: 2 };

test('channels that are alike are described once, and each is an instrument with what the model shares', () => {
  const parsed = parseRegisterMap(JSON.stringify({ ...map, channels }), 'm1.json');
  const third = channelOf(parsed, 3);
  assert.deepEqual(
    third.points.map(({ key, address }) => [key, address]),
    [
      ['power_w', 52],
      ['current_a', 6],
      ['temperature_c', 104],
    ],
  );
  assert.throws(() => channelOf(parsed, 9), /acme-m1 has no channel 9/);
  assert.throws(() => channelOf(parseRegisterMap(JSON.stringify(map), 'm1.json'), 1), /acme-m1 has no channel 1/);
});

const brokenChannels: [string, object, string][] = [
  ['a channel that another overlaps', { stride: 1 }, 'channels.stride: 1 lets the channels overlap in temperature_c'],
  ['a key that the model shares', { points: [{ ...power, address: 100 }] }, 'power_w: channels.key: is there twice'],
  [
    'a last channel past the last register',
    { stride: 0x1000, count: 64 },
    'temperature_c: channels.address: the value',
  ],
  ['no points', { points: [] }, 'channels.points: is empty'],
];

for (const [name, change, problem] of brokenChannels) {
  test(`a map with ${name} is refused`, () => {
    assertProblem({ ...map, channels: { ...channels, ...change } }, problem);
  });
}

const mark = { table: 'holding', address: 11, type: 'u16', one_of: [1648] };

const misplaced: [string, object, string][] = [
  ['a bit as a mark in a register', { probe: [{ ...mark, type: 'bit' }] }, 'probe: holding 11: does not hold bit'],
  ['a requirement without its reason', { requires: [mark] }, 'requires.0.why: '],
  [
    'a probe at an address that only the search could tell',
    { probe: [mark], base: { kind: 'sunspec', models: [203] } },
    'base: leaves outlets, channels, barriers, probe and requires without a place',
  ],
  [
    'a float with a power of ten',
    { points: [{ ...power, scale_register: 60 }] },
    'power_w: scale_register: scales integers, not f32',
  ],
  [
    'a barrier between a value and its power of ten',
    {
      points: [{ ...power, type: 's16', scale_register: 56 }],
      barriers: [{ table: 'input', address: 55 }],
    },
    'power_w: barriers: the one at 55 splits a value of 5 registers',
  ],
];

for (const [name, change, problem] of misplaced) {
  test(`a map with ${name} is refused`, () => {
    assertProblem({ ...map, ...change }, problem);
  });
}

test('outlets that are alike are described once', () => {
  assert.equal(parseRegisterMap(JSON.stringify({ ...map, outlets }), 'm1.json').outlets?.count, 8);
});

for (const [name, change, problem] of brokenOutlets) {
  test(`a map with ${name} is refused`, () => {
    assertProblem({ ...map, outlets: { ...outlets, ...change } }, problem);
  });
}

for (const [name, change, problem] of brokenMaps) {
  test(`a map with ${name} is refused, by file and rule`, () => {
    assertProblem({ ...map, ...change }, problem);
  });
}

test('all problems of a map are told at once', () => {
  const points = [
    { ...power, unit: 'V' },
    { ...current, unit: 'W' },
  ];
  assert.deepEqual(problemsOf({ ...map, points }), [
    { file: 'm1.json', point: 'power_w', rule: 'unit', detail: 'V does not measure power_w' },
    { file: 'm1.json', point: 'current_a', rule: 'unit', detail: 'W does not measure current_a' },
  ]);
});

test('text that is no JSON is refused by file', () => {
  assert.throws(() => parseRegisterMap('{', 'm1.json'), { name: 'RegisterMapError', message: /^m1\.json: json: / });
});

test('barriers beside values and equal readings of one register are fine', () => {
  const barriers = [
    { table: 'input', address: 52 },
    { table: 'input', address: 54 },
  ];
  const points = [power, { ...power, key: 'power_l1_w' }, { ...current, table: 'holding', address: 53 }];
  assert.doesNotThrow(() => parseRegisterMap(JSON.stringify({ ...map, barriers, points }), 'm1.json'));
});

function assertProblem(broken: object, start: string): void {
  const said = problemsOf(broken).map(({ point, rule, detail }) =>
    [...(point ? [point] : []), rule, detail].join(': '),
  );
  assert.equal(said.length, 1, said.join('\n'));
  assert.ok(said[0]?.startsWith(start), said[0]);
}

function problemsOf(broken: object): RegisterMapError['problems'] {
  try {
    parseRegisterMap(JSON.stringify(broken), 'm1.json');
  } catch (error) {
    assert.ok(error instanceof RegisterMapError);
    assert.match(error.message, /^m1\.json: /);
    return error.problems;
  }
  return [];
}
