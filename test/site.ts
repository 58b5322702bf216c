/**
 * A site of a thousand simulated racks, for whoever builds or tries something that watches a whole site:
 *
 *   node test/site.ts --racks 1000 [--broker mqtt://127.0.0.1:1883]
 *
 * Each rack runs the real agent on hardware without wires; some are hot, silent, refusing or out of order
 * (test/site/characters.ts). Without `--broker` it starts a mosquitto of its own with a WebSocket listener.
 *
 *   --racks <number>     1000
 *   --miners <number>    of each rack (3)
 *   --site <name>        tx1
 *   --folder <path>      where the operator's file and key go (site-data)
 *   --slower <times>     racks tick and read as many times slower than once a second (1), for small machines
 *   --restore <seconds>  over which racks come back after an order (60)
 *
 * Lines on its standard input change it while it runs: `mute 2` silences every second rack without a word, `speak`
 * brings them back. With `--tied` it ends when that input does: whoever started it may die unasked.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import type { IssuerKeys } from '#agent/config/keys.ts';
import { readPublicKey, writeKeyPair } from '#agent/config/keys.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { startWebMosquitto } from '#test/integration/support/mosquitto.ts';
import { Site } from '#test/site/site.ts';
import { openTrunk } from '#test/site/trunk.ts';

const ISSUER = 'grid-operator';
const KEY = 'grid-operator-2026';
const { values: options } = parseArgs({
  options: {
    racks: { type: 'string', default: '1000' },
    miners: { type: 'string', default: '3' },
    site: { type: 'string', default: 'tx1' },
    broker: { type: 'string' },
    folder: { type: 'string', default: join(import.meta.dirname, '../site-data') },
    slower: { type: 'string', default: '1' },
    tied: { type: 'boolean', default: false },
    restore: { type: 'string', default: '60' },
  },
});

const own = options.broker === undefined ? await startWebMosquitto() : undefined;
const url = options.broker ?? own?.url ?? '';
const folder = resolve(options.folder);
const keys = await operatorFiles();
const trunk = await openTrunk(url, options.site, systemClock);
const site = await Site.of({
  site: options.site,
  racks: Number(options.racks),
  minersPerRack: Number(options.miners),
  issuer: ISSUER,
  keys,
  clock: systemClock,
  trunk,
  restoreWindowS: Number(options.restore),
  slower: Number(options.slower),
});
await site.start();
console.log(`site ${options.site}: ${site.racks.length} racks on ${url}${own ? ` and ${own.webUrl}` : ''}`);
console.log(
  `orders: bin/ballast order --operator ${relative('.', join(folder, 'operator.yaml'))} --to all --ceiling 40% --for 5m`,
);

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const [word, nth = '1'] = line.trim().split(/\s+/);
  if (word === 'mute') site.ail(Number(nth), 'mute');
  if (word === 'speak') site.ail(Number(nth), 'none');
});
if (options.tied) input.on('close', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void stop());

async function stop(): Promise<void> {
  input.close();
  await site.stop();
  await trunk.stop();
  await own?.remove();
  process.exit(0);
}

/** For `ballast order --operator`, and the key to import into the console. */
async function operatorFiles(): Promise<IssuerKeys> {
  await mkdir(folder, { recursive: true });
  await writeKeyPair(folder, KEY);
  const operator = { broker: { url }, site: options.site, issuer: ISSUER, program: 'ecrs', key: `${KEY}.key` };
  await writeFile(join(folder, 'operator.yaml'), stringify(operator));
  const read = await readPublicKey(join(folder, `${KEY}.pub`));
  if (read.kind === 'bad') throw new Error(`${read.message}: ${read.hint}`);
  return new Map([[read.kid, { issuer: ISSUER, key: read.key }]]);
}
