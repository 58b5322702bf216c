/** The documents do what they say: every command in them is typed, and prints what they show. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { openDesk } from '#test/docs/desk.ts';
import type { Place } from '#test/docs/place.ts';
import { NETWORK } from '#test/docs/place.ts';
import { play } from '#test/docs/play.ts';
import type { Account, Right } from '#test/docs/rights.ts';
import { tried } from '#test/docs/rights.ts';
import { needs } from './support/needs.ts';

const checkout = resolve(import.meta.dirname, '../..');
const options = {
  ...needs('mosquitto mosquitto-clients openssl', 'mosquitto', 'mosquitto_sub', 'openssl'),
  timeout: 240_000,
};
const BROKER = `${NETWORK}0.2`;
const SITE = 'ballast/v1/tx1';
const page = (name: string) => readFile(join(checkout, 'docs', name), 'utf8');

describe('the documents', options, () => {
  let folder = '';
  let place: Place;
  const certificate = (name: string) => readFile(join(folder, 'etc/mosquitto/ballast', name));
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ballast-docs-'));
    // mosquitto becomes a user of its own.
    await chmod(folder, 0o755);
    place = await openDesk(folder);
  });
  after(async () => {
    await promisify(execFile)(join(folder, 'programs/systemctl'), ['stop', 'mosquitto']);
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
    const noc = { url: `wss://${BROKER}:8084`, ca, username: 'noc', password: 'another one' };
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
});
