/**
 * Pictures of the console before the simulated site in mid-event: `node test/tools/console-shots.ts FOLDER [RACKS]`. One for
 * each theme and width, one of a rack's page, and `console.png`, the one that the README shows.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { systemClock } from '#agent/platform/clock.ts';
import { OPERATOR, openStage, watch } from '#test/site/stage.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const [given = 'dist/shots', racks = '1000'] = positionals;
const folder = resolve(given);
mkdirSync(folder, { recursive: true });
/** Long enough that the chart has something to show on either side of the cut. */
const BEFORE_MS = 30_000;
const AFTER_MS = 35_000;
/** Until a page that came late shows every rack. */
const SEEN_MS = 8000;
const stage = await openStage(Number(racks), 2);
const desk = await stage.open({ viewport: { width: 1280, height: 1000 }, deviceScaleFactor: 2, colorScheme: 'dark' });
await watch(desk);
await systemClock.sleep(BEFORE_MS);
await order(desk);
await systemClock.sleep(AFTER_MS);
await desk.screenshot({ path: join(folder, 'dispatch.png') });
await desk.getByRole('button', { name: 'Close', exact: true }).click();
await desk.screenshot({ path: join(folder, 'console.png') });
await desk.close();
// One page at a time: the site and its browser share the machine.
for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    const page = await stage.open({ viewport: { width, height: width > 800 ? 1000 : 844 }, colorScheme });
    await watch(page);
    await systemClock.sleep(SEEN_MS);
    await page.screenshot({ path: join(folder, `site-${colorScheme}-${width}.png`), fullPage: true });
    await page.goto(`${page.url().split('#')[0]}#/rack/r0057`);
    await systemClock.sleep(SEEN_MS);
    await page.screenshot({ path: join(folder, `rack-${colorScheme}-${width}.png`), fullPage: true });
    await page.close();
  }
}
await stage.stop();
console.log(folder);

async function order(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Dispatch' }).click();
  await page.getByLabel('Issuer').fill(OPERATOR.user);
  await page.getByLabel('User at the broker').fill(OPERATOR.user);
  await page.getByRole('region', { name: 'Dispatch' }).getByLabel('Password').fill(OPERATOR.password);
  await page.locator('input[type=file]').setInputFiles(stage.keyFile);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Amount').fill('40');
  await page.getByRole('button', { name: 'Ask the racks' }).click();
  const confirmation = page.getByLabel('To send it');
  await page.locator('input[name=confirmation]:enabled').waitFor();
  await page.screenshot({ path: join(folder, 'foreseen.png') });
  await confirmation.fill('ceiling 40 % for all');
  await page.getByRole('button', { name: 'Sign and send' }).click();
}
