/** The agent as a process on a real broker: what an operator, a NOC and an auditor get to see. */
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#agent/platform/clock.ts';
import { askLocal } from '#agent/platform/local-socket.ts';
import { canonicalBytes } from '#protocol/canonical.ts';
import type { Phase } from '#protocol/lifecycle.ts';
import { bytesToSign, fromBase64Url } from '#protocol/signing.ts';
import type { Evidence } from '#protocol/telemetry.ts';
import type { TopicName } from '#protocol/topics.ts';
import { topics } from '#protocol/topics.ts';
import { startBroker } from '#test/demo/broker.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { needs } from './support/needs.ts';
import { startOldDoor } from './support/old-door.ts';
import type { Site } from './support/site.ts';
import { openSite } from './support/site.ts';

const patience = { timeout: 60_000 };
const withMosquitto = { ...needs('mosquitto', 'mosquitto'), ...patience };

const whole: Phase[] = ['received', 'accepted', 'acting', 'acknowledged', 'confirmed', 'metered', 'holding', 'ended'];

const released: Phase[] = ['received', 'accepted', 'acting', 'restored'];
/** What is on the broker after an event without a fault. */
const said: TopicName[] = [
  'ack',
  'applied',
  'device',
  'event',
  'evidence',
  'health',
  'info',
  'orderAll',
  'power',
  'state',
];

test('over MQTT 5 an order is carried out, proved by the meter and restored', withMosquitto, async (t) => {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  const site = await openSite(t, { url: broker.url });
  const agent = await site.startReady();
  await agent.log.first((line) => line.includes('"mqtt":"5"'));
  await goesThroughAnEvent(site);
});

test('so it is on a broker that speaks MQTT 3.1.1 only', patience, async (t) => {
  const broker = await startBroker({ mqtt: 0, web: 0 });
  t.after(() => broker.stop());
  const site = await openSite(t, { url: broker.url, protocolVersion: 4 });
  const agent = await site.startReady();
  await agent.log.first((line) => line.includes('"mqtt":"3.1.1"'));
  await goesThroughAnEvent(site);
});

test('so it is on a mosquitto that refuses MQTT 5', withMosquitto, async (t) => {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  const door = await startOldDoor(broker.port);
  t.after(() => door.close());
  const site = await openSite(t, { url: broker.url, agentUrls: [`mqtt://127.0.0.1:${door.port}`] });
  const agent = await site.startReady();
  await agent.log.first((line) => line.includes('"mqtt":"3.1.1"'));
  await goesThroughAnEvent(site);
});

test('payloads are retained as their topics say, and the tree of topics does not grow', withMosquitto, async (t) => {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  const site = await openSite(t, { url: broker.url });
  const { heard } = site.watcher;
  const topicsHeard = () => new Set(heard.all.map(({ topic }) => topic));
  await site.startReady();

  await goesThroughAnEvent(site, 'ecrs-a');
  const afterOne = topicsHeard();
  await goesThroughAnEvent(site, 'ecrs-b');

  assert.deepEqual(topicsHeard(), afterOne);
  const wrong = heard.all.filter(({ name, retained }) => retained !== topics[name].retained);
  assert.deepEqual(wrong, []);
  // `history` only when the first readings came before the broker.
  const kinds = new Set(heard.all.map(({ name }) => name).filter((name) => name !== 'history'));
  assert.deepEqual([...kinds].sort(), said);
});

test('the records of two events are signed by the rack, chained, and hold the proof', withMosquitto, async (t) => {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  const site = await openSite(t, { url: broker.url });
  await site.startReady();
  await goesThroughAnEvent(site, 'ecrs-a');
  await goesThroughAnEvent(site, 'ecrs-b');

  const [info] = site.watcher.all('info');
  const [first, second] = site.watcher.all('evidence');
  assert.ok(info && first && second);
  for (const record of [first, second]) {
    assert.ok(isSignedBy(record, info.public_key));
    assert.ok(record.samples.some(([, watts]) => watts !== null && watts <= LEVEL_W));
    const [order, release] = record.orders;
    assert.deepEqual(phasesIn(record, order), whole);
    assert.deepEqual(phasesIn(record, release), released);
    assert.doesNotMatch(record.baseline_method ?? '', /stacked/);
  }
  assert.ok(Math.abs((first.baseline_w ?? 0) - FULL_W) < 0.01 * FULL_W, `${first.baseline_w} W`);
  assert.equal(first.prev_hash, null);
  assert.equal(second.prev_hash, createHash('sha256').update(canonicalBytes(first)).digest('hex'));
});

test('the log holds no secret at level debug, whatever goes wrong', withMosquitto, async (t) => {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  const site = await openSite(t, { url: broker.url });
  const { rack, watcher, issuer, files } = site;
  const agent = await site.startReady();
  await assert.rejects(askLocal(join(files.folder, 'run/ballast.sock'), 'nonsense', {}, { clock: systemClock }));
  rack.miner('m03').tokens.forget();
  rack.miner('m04').faults.refusesWith = 45;
  rack.meter.faults.silent = true;
  const refused = watcher.next('event', ({ code }) => code === 'target_not_allowed');
  await issuer.order({ kind: 'floor', fraction: 0.5 });
  await refused;
  await issuer.order({ kind: 'ceiling', fraction: 0.4 });
  await watcher.next('device', ({ device, last_error }) => device === 'm04' && last_error !== null);
  rack.miner('m04').faults.refusesWith = undefined;
  rack.meter.faults.silent = false;
  const release = await issuer.order({ kind: 'release' });
  await watcher.phase(release, 'restored');
  await agent.stop();

  const { password } = rack.miner('m01').spec;
  const rackKey = await readFile(join(files.folder, 'state/rack.key'), 'utf8');
  const secrets = [
    password,
    ...rack.miners.flatMap(({ spec }) => rack.miner(spec.id).tokens.secrets()),
    ...linesOfKey(rackKey),
  ];
  const log = agent.log.all.join('\n');
  assert.ok(secrets.length > 2 * rack.miners.length);
  assert.match(log, /"level":"debug"/);
  assert.match(log, /"device":"m04"/);
  assert.deepEqual(
    secrets.filter((secret) => log.includes(secret)),
    [],
  );
});

/** All four miners and what else the meter sees; 40 % of the miners' nameplates. */
const FULL_W = 4 * 3400 + 300;
const LEVEL_W = 0.4 * 4 * 3400;

async function goesThroughAnEvent({ watcher, issuer, rack, asleep }: Site, event = 'ecrs-a'): Promise<void> {
  const order = await issuer.order({ kind: 'ceiling', fraction: 0.4 }, { event });
  await watcher.phase(order, 'holding');
  assert.ok(rack.watts() <= 1.01 * LEVEL_W, `${rack.watts()} W`);
  assert.deepEqual(asleep(), ['m03', 'm04']);

  const evidence = watcher.next('evidence');
  const release = await issuer.order({ kind: 'release' }, { event });
  await watcher.phase(release, 'restored');
  await evidence;
  await watcher.next('power', ({ power_w }) => (power_w ?? 0) > 0.97 * FULL_W);
  assert.deepEqual(watcher.phases(order), whole);
  assert.deepEqual(watcher.phases(release), released);
  assert.deepEqual(asleep(), []);
}

function phasesIn({ steps }: Evidence, of: Evidence['orders'][number] | undefined): Phase[] {
  return steps.flatMap(({ order, phase }) => (order === of?.order && phase ? [phase] : []));
}

function isSignedBy(record: Evidence, publicKey: string): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
  return verify(null, bytesToSign(record), key, fromBase64Url(record.signature.value));
}

/** The lines between BEGIN and END. */
function linesOfKey(pem: string): string[] {
  return pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
}
