/** The documents do what they say: every command in them is typed, and prints what they show. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { writeKeyPair } from '#agent/config/keys.ts';
import { openDesk, WEB_PORT } from '#test/docs/desk.ts';
import { stepsOf } from '#test/docs/document.ts';
import type { Place } from '#test/docs/place.ts';
import { NETWORK } from '#test/docs/place.ts';
import { play } from '#test/docs/play.ts';
import type { Account, Right } from '#test/docs/rights.ts';
import { tried } from '#test/docs/rights.ts';
import type { DocumentedRack } from '#test/docs/site.ts';
import { openDocumentedRack, WHATSMINER_PASSWORD } from '#test/docs/site.ts';
import { needs } from './support/needs.ts';

const run = promisify(execFile);
const checkout = resolve(import.meta.dirname, '../..');
const options = {
  ...needs('mosquitto mosquitto-clients openssl', 'mosquitto', 'mosquitto_sub', 'openssl'),
  timeout: 240_000,
};
const BROKER = `${NETWORK}0.2`;
const SITE = 'ballast/v1/tx1';
const OPERATOR = '/srv/operator.yaml';
const page = (name: string) => readFile(join(checkout, 'docs', name), 'utf8');

describe('the documents', options, () => {
  let folder = '';
  let place: Place;
  let site: DocumentedRack;
  const certificate = (name: string) => readFile(join(folder, 'etc/mosquitto/ballast', name));
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ballast-docs-'));
    // mosquitto becomes a user of its own.
    await chmod(folder, 0o755);
    site = await openDocumentedRack();
    place = await openDesk(folder, site.port);
  });
  after(async () => {
    for (const unit of ['ballast', 'mosquitto']) await run(join(folder, 'programs/systemctl'), ['stop', unit]);
    await site.stop();
    await rm(folder, { recursive: true });
  });

  test('brokers.md: mosquitto takes what it shows, and gives each the rights that it says', options, async () => {
    await play('brokers.md', await page('brokers.md'), place);
    const ca = await certificate('ca.pem');
    const rack = async (name: string): Promise<Account> => ({
      url: `mqtts://${BROKER}:8883`,
      ca,
      cert: await certificate(`${name}.pem`),
      key: await certificate(`${name}.key`),
    });
    const issuer = { url: `mqtts://${BROKER}:8884`, ca, username: 'qse-north', password: 'a long one' };
    const noc = { url: `wss://${BROKER}:${WEB_PORT}`, ca, username: 'noc', password: 'another one' };
    const accounts = { r07: await rack('r07'), r08: await rack('r08'), 'qse-north': issuer, noc };
    const all = Object.keys(accounts);
    const rights: Right[] = [
      ['r07', `${SITE}/rack/r07/power`, ['r07', 'qse-north', 'noc']],
      ['r07', `${SITE}/rack/r08/power`, []],
      ['r07', `${SITE}/order/qse-north/ecrs/all`, []],
      ['r07', `${SITE}/command/qse-north/rack/r07`, []],
      ['r07', `${SITE}/ack/qse-north`, ['qse-north', 'noc']],
      ['qse-north', `${SITE}/order/qse-north/ecrs/all`, all],
      ['qse-north', `${SITE}/order/qse-north/ecrs/group/row-a`, all],
      ['qse-north', `${SITE}/order/qse-north/ecrs/rack/r07`, ['r07', 'qse-north', 'noc']],
      ['qse-north', `${SITE}/command/qse-north/rack/r07`, ['r07', 'noc']],
      ['qse-north', `${SITE}/order/utility-west/ecrs/all`, []],
      ['qse-north', `${SITE}/rack/r07/applied`, []],
      ['qse-north', `${SITE}/ack/qse-north`, []],
      ['noc', `${SITE}/order/qse-north/ecrs/all`, []],
      ['noc', `${SITE}/rack/noc/power`, []],
      ['r08', 'ballast/v1/tx2/rack/r08/power', []],
    ];
    assert.deepEqual(
      await tried(accounts, rights, ['r08', `${SITE}/rack/r08/event`, ['r08', 'qse-north', 'noc']]),
      rights,
    );
    await assert.rejects(connectAsync(`mqtts://${BROKER}:8883`, { ca, reconnectPeriod: 0 }));
    await assert.rejects(
      connectAsync(issuer.url, { ...issuer, password: 'a guess', reconnectPeriod: 0 }),
      /Not authorized/,
    );
  });

  test('adding-hardware.md: a register map of one’s own is checked, tried and used', options, async () => {
    await installed(folder, place);
    await play('adding-hardware.md', await page('adding-hardware.md'), place);
  });

  test('operating.md: what it types works, and shows what it says', options, async () => {
    await run(join(folder, 'programs/systemctl'), ['start', 'ballast'], { env: place.environment });
    await atHome(await certificate('ca.pem'));
    await play('operating.md', await page('operating.md'), place);
  });
});

/** The rack as install.md leaves it, its commissioning taken on by a person. */
async function installed(folder: string, place: Place): Promise<void> {
  for (const step of stepsOf(await page('install.md'))) {
    if (step.kind !== 'file') continue;
    const more = step.path.endsWith('policy.yaml')
      ? 'commissioning: waived'
      : `maps: ${place.file('/etc/ballast/maps')}`;
    await writeFile(place.file(step.path), `${place.here(step.text)}\n${step.path === OPERATOR ? '' : more}\n`);
  }
  const [given, home] = [place.file('/etc/ballast'), place.file('/srv')];
  await writeFile(join(given, 'whatsminer.pw'), `${WHATSMINER_PASSWORD}\n`);
  await writeFile(join(home, 'broker.pw'), 'a long one\n');
  await writeKeyPair(home, 'qse-north-2026');
  await copyFile(join(home, 'qse-north-2026.pub'), join(given, 'qse-north-2026.pub'));
  const certificates = join(folder, 'etc/mosquitto/ballast');
  for (const file of ['ca.pem', 'r07.pem', 'r07.key']) await copyFile(join(certificates, file), join(given, file));
  await copyFile(join(certificates, 'ca.pem'), join(home, 'ca.pem'));
}

/** When the agent knows how its devices run at home, and its meter. */
async function atHome(ca: Buffer): Promise<void> {
  const how = { ca, username: 'noc', password: 'another one', reconnectPeriod: 0 };
  const client = await connectAsync(`mqtts://${BROKER}:8884`, how);
  const open = new Set(['device/m011', 'device/m012', 'power', 'thermal']);
  client.on('message', (topic, payload) => {
    const tail = topic.split('/').slice(5).join('/');
    const { home, power_w, inlet_c } = JSON.parse(payload.toString()) as Record<string, unknown>;
    if ((home ?? power_w ?? inlet_c ?? null) !== null) open.delete(tail);
  });
  await client.subscribeAsync(`${SITE}/rack/r07/#`);
  while (open.size > 0) await new Promise((heard) => client.once('message', heard));
  await client.endAsync(true);
}
