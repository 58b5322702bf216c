/** One event that outlives its agent: the site it happens on, how it is finished, and what must hold at its end. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Order, Target } from '#protocol/order.ts';
import type { Site } from './site.ts';
import { openSite } from './site.ts';
import { isAt } from './watcher.ts';

/** m03 and m04 sleep, m02 is limited; a shed, whose level would move with its baseline. */
export const CUT: Target = { kind: 'shed', fraction: 0.6 };

/** Of these, this rack waits 1.7: long enough for a tick to fall into it. */
const RESTORE_WINDOW_S = 2.5;

/** Not what the config says: a baseline by the nameplates would be another than the first, which is metered. */
const OTHER_LOADS_W = 100;
const FULL_W = 4 * 3400 + OTHER_LOADS_W;

/** Without flicker: a reading above the nameplate, as any may be, moves a partial setting by a percent. */
export async function openSteadySite(t: TestContext, url: string): Promise<Site> {
  const site = await openSite(t, { url, restoreWindowS: RESTORE_WINDOW_S, noise: false });
  site.rack.otherLoads.moveTo(OTHER_LOADS_W);
  return site;
}

/** The next agent takes the event to its end, with a release of its own unless one was given before. */
export async function finishEvent({ start, watcher, issuer }: Site, cut: Order, release?: Order): Promise<void> {
  const holding = watcher.next('applied', isAt(cut, 'holding'));
  const free = watcher.next('applied', ({ orders_in_force }) => orders_in_force === 0);
  const record = watcher.first('evidence');
  start();
  if (!release) await holding;
  await watcher.phase(release ?? (await issuer.order({ kind: 'release' })), 'restored');
  await Promise.all([free, record]);
}

/** Every device is at home, none was written needlessly, and the baseline was the first one all along. */
export function assertEndedWell({ watcher, rack, writes, asleep }: Site): void {
  assert.deepEqual(writes(), [
    [],
    ['set_power_pct', 'set_power_pct'],
    ['power_off', 'power_on'],
    ['power_off', 'power_on'],
  ]);
  assert.deepEqual(asleep(), []);
  assert.deepEqual(
    rack.miners.map(({ spec }) => rack.miner(spec.id).percent),
    [100, 100, 100, 100],
  );
  const shown = watcher.all('applied').flatMap(({ orders }) => orders.map(({ baseline_w }) => baseline_w));
  assert.deepEqual(new Set(shown), new Set([FULL_W]));
  assert.equal(watcher.all('evidence')[0]?.baseline_w, FULL_W);
}
