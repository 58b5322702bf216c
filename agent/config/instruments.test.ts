import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConfig } from './check-config.ts';
import { configSchema } from './config.ts';
import { openShelf } from './maps.ts';
import { formatPath } from './problem.ts';

const shelf = await openShelf('/nonexistent', [
  'eastron-sdm630',
  'xy-md02',
  'gude-expert-power-control',
  'wiren-board-map12',
  'comwintop-8pt',
  'wiren-board-mr6',
]);
const rtu1 = { id: 'rtu1', kind: 'rtu', port: '/dev/serial/by-id/usb-FTDI-1', baud: 19_200 };
const server = { id: 'server', kind: 'rtu-tcp', host: '10.0.0.6', port: 4001 };
const net = { id: 'net', kind: 'tcp', host: '10.0.0.5' };
const feed = { id: 'feed', bus: 'rtu1', unit: 1, model: 'eastron-sdm630', role: 'feed' };
const inlet = { id: 'inlet', bus: 'rtu1', unit: 10, model: 'xy-md02', role: 'inlet' };
const pdu = { id: 'pdu-a', bus: 'net', unit: 1, model: 'gude-expert-power-control' };
const strip = { id: 'strip', bus: 'rtu1', unit: 20, model: 'wiren-board-mr6' };
const opens = { outlets: 'open', after_s: 60 };
const eighth = { ...inlet, model: 'comwintop-8pt', channel: 8 };
const miner = { id: 'm01', adapter: 'luxos', host: '10.0.1.1', rated_w: 3000 };
const whole = { buses: [rtu1, server, net], meters: [feed], sensors: [inlet], pdus: [pdu] };

const parse = (change: object) =>
  configSchema.safeParse({ site: 'tx1', rack: 'r07', broker: { urls: ['mqtt://b'] }, ...whole, ...change });

function findings(change: object): string[] {
  const parsed = parse(change);
  assert.ok(parsed.success, parsed.error?.message);
  return checkConfig(parsed.data, shelf).map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

test('meters, sensors and PDUs share wires of every kind', () => {
  assert.deepEqual(findings({}), []);
});

test('a serial line is 8N1 unless said, and holds no write up for longer than 160 ms', () => {
  const defaults = { parity: 'none', stop_bits: 1, latency_ms: 160 };
  assert.deepEqual(parse({}).data?.buses[0], { ...rtu1, ...defaults });
});

test('kilowatts where watts are meant are told as that', () => {
  assert.deepEqual(findings({ devices: [{ ...miner, rated_w: 3.4 }] }), [
    'devices[0].rated_w: 3.4 W is less than any device draws: rated_w is in watts',
  ]);
});

const refused: [string, object][] = [
  ['a serial port without a baud rate', { buses: [{ ...rtu1, baud: undefined }] }],
  ['a serial port that is no path', { buses: [{ ...rtu1, port: 'COM3' }] }],
  ['a serial port with a host', { buses: [{ ...rtu1, host: '10.0.0.5' }] }],
  ['a serial server without its port', { buses: [{ ...server, port: undefined }] }],
  ['a wire of a kind that is not known', { buses: [{ ...net, kind: 'udp' }] }],
  ['a sensor that does not say what it feels', { sensors: [{ ...inlet, role: undefined }] }],
  ['a dead-man that would close outlets', { pdus: [{ ...strip, dead_man: { ...opens, outlets: 'closed' } }] }],
  ['a dead-man that cuts within a minute', { pdus: [{ ...strip, dead_man: { ...opens, after_s: 59 } }] }],
  ['a dead-man that opens nobody knows when', { pdus: [{ ...strip, dead_man: { outlets: 'open' } }] }],
  ['a PDU without outlets', { pdus: [{ ...pdu, outlets: 0 }] }],
];

for (const [name, change] of refused) {
  test(`${name} is refused`, () => assert.equal(parse(change).success, false));
}

const found: [string, object, string][] = [
  [
    'a dead-man of a model that has none',
    { pdus: [{ ...pdu, dead_man: opens }] },
    'pdus[0].dead_man: gude-expert-power-control has no dead-man that could open its outlets',
  ],
  [
    'a dead-man that two missed reads would set off',
    { pdus: [{ ...strip, period_ms: 30_000, dead_man: opens }] },
    'pdus[0].dead_man.after_s: must be 90 to 65534 for wiren-board-mr6, read every 30000 ms',
  ],
  [
    'two instruments at one unit, also of different sections',
    { sensors: [{ ...inlet, unit: 1 }] },
    'sensors[0].unit: unit 1 on rtu1 is already that of feed',
  ],
  [
    'a broadcast on a serial line',
    { meters: [{ ...feed, unit: 0 }] },
    'meters[0].unit: units on the RTU bus rtu1 are 1 to 247, not 0',
  ],
  [
    'a reserved unit behind a serial server',
    { sensors: [{ ...inlet, bus: 'server', unit: 248 }] },
    'sensors[0].unit: units on the RTU bus server are 1 to 247, not 248',
  ],
  [
    'a sensor on a bus that is not there',
    { sensors: [{ ...inlet, bus: 'rtu2' }] },
    'sensors[0].bus: there is no bus rtu2',
  ],
  ['a PDU of an unknown model', { pdus: [{ ...pdu, model: 'gude' }] }, 'pdus[0].model: there is no register map gude'],
  [
    'one id for a meter and a sensor',
    { sensors: [{ ...inlet, id: 'feed' }] },
    'sensors[0].id: feed already stands in meters',
  ],
  [
    'one serial port for two buses',
    { buses: [rtu1, server, net, { ...rtu1, id: 'rtu2' }] },
    'buses[3].port: /dev/serial/by-id/usb-FTDI-1 is already that of rtu1',
  ],
  [
    'one serial server for two buses',
    { buses: [rtu1, server, net, { ...server, id: 'server2' }] },
    'buses[3].host: 10.0.0.6:4001 is already that of server',
  ],
  [
    'a model with channels of which none is chosen',
    { sensors: [{ ...inlet, model: 'comwintop-8pt' }] },
    'sensors[0].model: comwintop-8pt has 8 channels',
  ],
  [
    'a channel that the model does not have',
    { sensors: [{ ...inlet, model: 'comwintop-8pt', channel: 9 }] },
    'sensors[0].channel: comwintop-8pt has channels 1 to 8',
  ],
  [
    'a channel of a model without any',
    { sensors: [{ ...inlet, channel: 1 }] },
    'sensors[0].channel: xy-md02 has no channels',
  ],
  [
    'one channel twice',
    { sensors: [eighth, { ...eighth, id: 'other' }] },
    'sensors[1].unit: unit 10 on rtu1 is already that of inlet',
  ],
  [
    'a sensor as a meter',
    { meters: [{ ...feed, model: 'xy-md02' }] },
    'meters[0].model: xy-md02 does not measure power',
  ],
  ['a meter as a PDU', { pdus: [{ ...pdu, model: 'eastron-sdm630' }] }, 'pdus[0].model: eastron-sdm630 has no outlets'],
  [
    'an outlet beyond those of the PDU',
    { devices: [{ ...miner, outlets: ['pdu-a/9'] }] },
    'devices[0].outlets[0]: pdu-a has outlets 1 to 8',
  ],
  [
    'a device on a protected outlet',
    { pdus: [{ ...pdu, protected: [3] }], devices: [{ ...miner, outlets: ['pdu-a/3'] }] },
    'devices[0].outlets[0]: pdu-a never switches outlet 3: it is protected',
  ],
];

test('channels of one unit are instruments of their own', () => {
  assert.deepEqual(findings({ sensors: [eighth, { ...eighth, id: 'outlet', channel: 1 }] }), []);
});

for (const [name, change, finding] of found) {
  test(`${name} is found`, () => assert.deepEqual(findings(change), [finding]));
}

test('outlets hold when their controller falls silent, unless said', () => {
  assert.deepEqual(parse({ pdus: [strip] }).data?.pdus[0]?.dead_man, { outlets: 'hold' });
  assert.deepEqual(findings({ pdus: [{ ...strip, dead_man: opens }, pdu] }), []);
});
