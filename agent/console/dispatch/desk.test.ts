import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { policySchema } from '#agent/config/policy.ts';
import { admitCommand } from '#agent/sense/admit-command.ts';
import { admitOrder } from '#agent/sense/admit-order.ts';
import type { Ack, RackEvent } from '#protocol/lifecycle.ts';
import type { OrderRequest } from '#protocol/next-order.ts';
import type { Order } from '#protocol/order.ts';
import { epochMs } from '#protocol/time.ts';
import { said as told } from '#test/support/said.ts';
import type { Clock } from '../browser/clock.ts';
import { heard } from '../model/heard.ts';
import type { Message } from '../model/message.ts';
import { emptySite } from '../model/site.ts';
import type { Stage } from './desk.ts';
import { Desk } from './desk.ts';
import { readKeyFile, signWith } from './key-file.ts';
import { Operator } from './operator.ts';
import { racksByWay } from './phases.ts';
import { rowsOf, sumOf } from './preview.ts';

const NOW_MS = epochMs('2026-11-21T21:00:00.000Z');
const pair = generateKeyPairSync('ed25519');
const pem = String(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }));
const giver = { site: 'tx1', issuer: 'qse-north', program: 'ecrs' };
const request: OrderRequest = {
  ...giver,
  to: 'all',
  target: { kind: 'ceiling', fraction: 0.4 },
  lastsS: 600,
  deadlineS: 30,
  priority: 0,
  reason: 'a test',
};
/** What a rack goes by. */
const gate = {
  site: 'tx1',
  rack: 'r07',
  groups: [],
  keys: new Map([['qse-north-2026', { issuer: 'qse-north', key: pair.publicKey }]]),
  policy: policySchema.parse({
    commissioning: 'waived',
    issuers: [{ id: 'qse-north', keys: ['qse-north-2026.pub'], may: ['ceiling'], programs: ['ecrs'] }],
  }),
  now: { wall: NOW_MS, mono: 0 },
  clock: 'good' as const,
};

type Said = { topic: string; payload: string; retain: boolean };

async function openDesk() {
  const read = await readKeyFile('qse-north-2026.key', pem);
  assert.ok(read.kind === 'ok');
  const said: Said[] = [];
  const stages: Stage[] = [];
  const timers = new Set<{ ms: number; work: () => void }>();
  let ids = 0;
  const timed = (ms: number, work: () => void) => {
    const timer = { ms, work };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const clock: Clock = { wall: () => NOW_MS, every: timed, after: timed };
  const publish = async (topic: string, payload: string, retain: boolean) => said.push({ topic, payload, retain }) > 0;
  const { kid } = read.signing;
  const operator = new Operator({ giver, kid, sign: signWith(read.signing), publish, wall: clock.wall });
  const desk = new Desk({ operator, clock, newId: () => `id-${++ids}`, show: (stage) => stages.push(stage) });
  const hear = (tail: string, payload: object) => desk.hear(message(tail, payload));
  const timer = (ms: number) => [...timers].find((each) => each.ms === ms) ?? assert.fail(`no timer of ${ms} ms`);
  return { desk, said, timers, timer, hear };
}

function message(tail: string, payload: object): Message {
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  return { topic: `ballast/v1/tx1/${tail}`, payload: bytes, retained: false, atMs: NOW_MS };
}

function bytes({ payload }: Said): Uint8Array {
  return new TextEncoder().encode(payload);
}

test('what the page signs with the imported key is what a rack verifies and accepts', async () => {
  const { desk, said } = await openDesk();
  await desk.propose(request, []);
  await desk.confirm(['r07']);
  const [order] = said;
  assert.ok(order?.retain);
  assert.equal(order.topic, 'ballast/v1/tx1/order/qse-north/ecrs/all');
  const admission = admitOrder(order.topic, bytes(order), { own: undefined, blind: undefined }, gate);
  assert.equal(admission.kind, 'accepted', JSON.stringify(admission));
  const forged = { ...order, payload: order.payload.replace('"fraction":0.4', '"fraction":0.5') };
  assert.match(
    JSON.stringify(admitOrder(order.topic, bytes(forged), { own: undefined, blind: undefined }, gate)),
    /bad_signature/,
  );
});

test('racks are asked with commands that they take, and nothing is retained before it is confirmed', async () => {
  const { desk, said } = await openDesk();
  await desk.propose(request, ['r07', 'r08']);
  assert.deepEqual(
    said.map(({ topic, retain }) => [topic, retain]),
    ['r07', 'r08'].map((rack) => [`ballast/v1/tx1/command/qse-north/rack/${rack}`, false]),
  );
  const [command] = said;
  assert.ok(command);
  const admitted = admitCommand('qse-north', bytes(command), false, { ...gate, taken: () => false });
  assert.notEqual(admitted.kind, 'refused', JSON.stringify(admitted));
});

test('the preview counts what racks foresee, and shows first whom nobody heard of and who cannot', async () => {
  const { desk, hear } = await openDesk();
  await desk.propose(request, ['r07', 'r08', 'r09', 'r10']);
  hear('ack/qse-north', dryRunAck('r07', 'id-2', 6000, 2400, 0));
  hear('ack/qse-north', dryRunAck('r08', 'id-3', 6000, 3000, 600));
  hear('ack/qse-north', {
    ...dryRunAck('r09', 'id-4', 0, 0, 0),
    result: 'refused',
    code: 'not_commissioned',
    prediction: null,
  });
  // Of a command that asked another rack.
  hear('ack/qse-north', dryRunAck('r10', 'id-2', 9999, 0, 0));
  const { stage } = desk;
  assert.ok(stage.kind === 'asking' && !stage.over);
  assert.deepEqual(sumOf(stage.preview), {
    asked: 4,
    answered: 3,
    refused: 1,
    short: 1,
    nowW: 12_000,
    thenW: 5400,
    seconds: 5,
  });
  assert.deepEqual(
    rowsOf(stage.preview).map(({ rack }) => rack),
    ['r10', 'r09', 'r08', 'r07'],
  );
});

test('asking ends when all have answered, or have had their time', async () => {
  const all = await openDesk();
  await all.desk.propose(request, ['r07']);
  all.hear('ack/qse-north', dryRunAck('r07', 'id-2', 6000, 2400, 0));
  assert.ok(all.desk.stage.kind === 'asking' && all.desk.stage.over);
  const some = await openDesk();
  await some.desk.propose(request, ['r07']);
  some.timer(10_000).work();
  assert.ok(some.desk.stage.kind === 'asking' && some.desk.stage.over);
});

test('a sent order is said again byte for byte every minute, until a newer one holds its topic', async () => {
  const { desk, said, timer, hear } = await openDesk();
  await desk.propose(request, []);
  await desk.confirm([]);
  timer(60_000).work();
  await Promise.resolve();
  assert.equal(said.length, 2);
  assert.equal(said[1]?.payload, said[0]?.payload);
  const order = JSON.parse(said[0]?.payload ?? '') as Order;
  hear('order/qse-north/ecrs/all', { ...order, seq: order.seq + 1 });
  assert.ok(desk.stage.kind === 'sent' && desk.stage.sent.replaced);
  timer(60_000).work();
  await Promise.resolve();
  assert.equal(said.length, 2);
});

test('an order is still said again while the next one is written, and no more once the desk is closed', async () => {
  const { desk, said, timers, timer } = await openDesk();
  const north: OrderRequest = { ...request, to: 'group/north' };
  for (const each of [request, north]) {
    await desk.propose(each, []);
    await desk.confirm([]);
    desk.back();
  }
  timer(60_000).work();
  await Promise.resolve();
  assert.deepEqual(
    said.map(({ topic }) => topic.split('/').slice(6).join('/')),
    ['all', 'group/north', 'all', 'group/north'],
  );
  desk.close();
  assert.equal(timers.size, 0);
});

test('a release belongs to the event it ends and outruns what is retained; without one there is nothing to release', async () => {
  const { desk, said, hear } = await openDesk();
  const release: OrderRequest = { ...request, target: { kind: 'release' }, lastsS: 3600 };
  await desk.propose(release, ['r07']);
  assert.ok(desk.stage.kind === 'writing' && /nothing to release/.test(desk.stage.trouble ?? ''));
  await desk.propose(request, []);
  await desk.confirm([]);
  const order = JSON.parse(said[0]?.payload ?? '') as Order;
  hear('order/qse-north/ecrs/all', order);
  await desk.propose(release, ['r07']);
  assert.equal(said.length, 1, 'no rack is asked what a release would do');
  await desk.confirm([]);
  const ending = JSON.parse(said[1]?.payload ?? '') as Order;
  assert.equal(ending.event, order.event);
  assert.ok(ending.seq > order.seq);
});

test('racks are counted by how far the order has come with each, the silent ones too', async () => {
  const { desk, said, hear } = await openDesk();
  await desk.propose(request, []);
  await desk.confirm(['r07', 'r08', 'r09']);
  const { id, event } = JSON.parse(said[0]?.payload ?? '') as Order;
  hear('ack/qse-north', {
    ...dryRunAck('r08', id, 0, 0, 0),
    type: 'order',
    result: 'refused',
    code: 'program_not_allowed',
  });
  hear('rack/r07/event', step(id, event, 'acting'));
  hear('rack/r07/event', step(id, event, 'holding'));
  assert.ok(desk.stage.kind === 'sent');
  const { sent } = desk.stage;
  assert.deepEqual(Object.fromEntries(racksByWay(sent, emptySite('tx1'))), {
    metered: ['r07'],
    refused: ['r08'],
    silent: ['r09'],
  });
  const orders = [{ ...retained, order: id, event, phase: 'holding' as const }];
  const site = heard(emptySite('tx1'), [told('applied', { rack: 'r09' }, { rack: 'r09', orders }, NOW_MS)]);
  assert.deepEqual(racksByWay(sent, site).get('metered'), ['r07', 'r09'], 'the steps of r09 were dropped on the way');
});

const retained = {
  issuer: 'qse-north',
  program: 'ecrs',
  level_w: 2400,
  until: '2026-11-21T21:10:00Z',
  baseline_w: null,
  baseline_method: null,
  reached: {},
  short: [],
};

test('a file that is no signing key is told from one that is', async () => {
  const publicPem = String(pair.publicKey.export({ format: 'pem', type: 'spki' }));
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' });
  const cases: [string, string, RegExp][] = [
    ['a.key', publicPem, /holds a public key/],
    ['a.key', 'hello', /no private key in PEM form/],
    ['a.key', String(rsa), /no Ed25519 key/],
    ['A key.key', pem, /does not name a key/],
    ['a.pem', pem, /does not name a key/],
  ];
  for (const [file, text, why] of cases) {
    const read = await readKeyFile(file, text);
    assert.ok(read.kind === 'bad' && why.test(read.why), `${file}: ${JSON.stringify(read)}`);
  }
});

function dryRunAck(rack: string, id: string, power_w: number, expected_w: number, short_by_w: number): Ack {
  const prediction = { level_w: 2400, power_w, expected_w, short_by_w, seconds: 5, cuts: [], raises: [], skipped: [] };
  const at = '2026-11-21T21:00:00.100Z';
  return { v: 1, at, rack, type: 'command', id, result: 'done', code: null, detail: 'a dry run', prediction };
}

function step(order: string, event: string, phase: RackEvent['phase']): RackEvent {
  const about = { order, event, issuer: 'qse-north', program: 'ecrs', phase, code: null, device: null };
  return {
    v: 1,
    at: '2026-11-21T21:00:01Z',
    kind: 'order',
    ...about,
    power_w: 2400,
    power_age_ms: 1,
    level_w: 2400,
    why: '',
  };
}
