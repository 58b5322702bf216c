/**
 * Everything around the console: a mosquitto with passwords and rights, the simulated site as a process of its own, the
 * built page on a server, and Debian's Chromium.
 */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { serveFolder } from '#agent/platform/web-files.ts';
import type { WebMosquitto } from '#test/integration/support/mosquitto.ts';
import { startWebMosquitto } from '#test/integration/support/mosquitto.ts';
import { buildConsole } from '../../packaging/console.ts';

const SITE = 'tx1';
const ISSUER = 'grid-operator';
export const READER = { user: 'noc', password: 'reads-all' } as const;
export const OPERATOR = { user: ISSUER, password: 'gives-orders' } as const;
const RACKS = { user: 'racks', password: 'are-many' } as const;

export type Stage = {
  /** Of the page, with broker and site filled in. */
  readonly address: string;
  readonly broker: WebMosquitto;
  readonly browser: Browser;
  /** The process of the site. */
  readonly site: ChildProcess;
  /** The operator's signing key. */
  readonly keyFile: string;
  /** The built page. */
  readonly pageFolder: string;
  /** A line to the site: see test/site.ts. */
  tell(line: string): void;
  /** A page of its own, at the form that asks for a broker. */
  open(how?: BrowserContextOptions, address?: string): Promise<Page>;
  stop(): Promise<void>;
};

/** `slower` as in test/site.ts. */
export async function openStage(racks: number, slower: number): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-console-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true })];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    return await raise(folder, { racks, slower }, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

type Size = { readonly racks: number; readonly slower: number };

async function raise(
  folder: string,
  size: Size,
  stops: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Stage> {
  const broker = await startWebMosquitto(await rights(folder));
  stops.push(() => broker.remove());
  const site = await startSite(broker, folder, size);
  stops.push(() => ended(site));
  const pageFolder = join(folder, 'page');
  await buildConsole(pageFolder);
  const page = await serveFolder(pageFolder, { host: '127.0.0.1', port: 0 });
  stops.push(() => page.stop());
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  stops.push(() => browser.close());
  const address = `${page.url}?broker=${broker.webUrl}&site=${SITE}`;
  return {
    address,
    broker,
    browser,
    site,
    keyFile: join(folder, 'site/grid-operator-2026.key'),
    pageFolder,
    tell: (line) => void site.stdin?.write(`${line}\n`),
    open: async (how = {}, at = address) => {
      const context = await browser.newContext(how);
      const opened = await context.newPage();
      await opened.goto(at);
      return opened;
    },
    stop,
  };
}

/** Signs in as someone who may only read. */
export async function watch(
  page: Page,
  { user, password }: { user: string; password: string } = READER,
): Promise<void> {
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Watch' }).click();
}

/** Racks may say all; the reader reads; the operator orders, in its own name. */
async function rights(folder: string): Promise<string[]> {
  const passwords = join(folder, 'passwords');
  await writeFile(passwords, '');
  for (const { user, password } of [READER, OPERATOR, RACKS])
    execFileSync('mosquitto_passwd', ['-b', passwords, user, password], { stdio: 'ignore' });
  const acl = join(folder, 'acl');
  const lines = [
    `user ${RACKS.user}`,
    'topic readwrite #',
    `user ${READER.user}`,
    'topic read ballast/v1/#',
    `user ${OPERATOR.user}`,
    'topic read ballast/v1/#',
    `topic write ballast/v1/+/order/${ISSUER}/#`,
    `topic write ballast/v1/+/command/${ISSUER}/#`,
    '',
  ];
  await writeFile(acl, lines.join('\n'));
  return ['allow_anonymous false', `password_file ${passwords}`, `acl_file ${acl}`];
}

async function startSite(broker: WebMosquitto, folder: string, { racks, slower }: Size): Promise<ChildProcess> {
  const url = new URL(broker.url);
  Object.assign(url, { username: RACKS.user, password: RACKS.password });
  const args = [
    'test/site.ts',
    '--tied',
    '--racks',
    `${racks}`,
    '--slower',
    `${slower}`,
    '--site',
    SITE,
    '--broker',
    url.href,
    '--folder',
    join(folder, 'site'),
  ];
  const site = spawn(process.execPath, args, {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const up = new Promise<void>((resolve) =>
    site.stdout.on('data', (text) => /racks on/.test(String(text)) && resolve()),
  );
  await Promise.race([
    up,
    once(site, 'exit').then(([code]) => {
      throw new Error(`the site ended with ${code} before it was up`);
    }),
  ]);
  return site;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
