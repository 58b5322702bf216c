/**
 * kill -9 at twelve points of an event. Each is defined by what the miners have received or by what has been told on
 * the broker, never by time; the next agent finishes the event.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Phase } from '#protocol/lifecycle.ts';
import type { Order } from '#protocol/order.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { needs } from './support/needs.ts';
import type { Site } from './support/site.ts';
import { loseJournal, openSite } from './support/site.ts';
import { isAt } from './support/watcher.ts';

type Point = {
  readonly when: string;
  /** The order during which it is: the one that cuts, or the release after it. */
  readonly of: 'cut' | 'release';
  /** Miners that no longer hear anything, or that act and answer nobody, before the order comes. */
  readonly deaf?: readonly string[];
  readonly mute?: readonly string[];
  reached(site: Site, order: Order): Promise<unknown>;
  /** Write commands that the miners have been given by then: three in a cut, and three in the return. */
  readonly commands: number;
  /** Whether nobody has been told of the order by then. */
  readonly untold?: true;
};

const cutMiners = ['m02', 'm03', 'm04'];

const points: readonly Point[] = [
  { when: 'before its first device write', of: 'cut', deaf: cutMiners, reached: phase('acting'), commands: 0 },
  {
    when: 'between its device writes',
    of: 'cut',
    deaf: ['m02', 'm03'],
    reached: commands(1),
    commands: 1,
    untold: true,
  },
  {
    when: 'right after its last device write',
    of: 'cut',
    mute: cutMiners,
    reached: commands(3),
    commands: 3,
    untold: true,
  },
  { when: 'once every miner has acknowledged', of: 'cut', reached: phase('acknowledged'), commands: 3 },
  { when: 'once every miner has changed', of: 'cut', reached: phase('confirmed'), commands: 3 },
  { when: 'once the meter has proved it', of: 'cut', reached: phase('metered'), commands: 3 },
  { when: 'while it holds', of: 'cut', reached: phase('holding'), commands: 3 },
  { when: 'right after the release', of: 'release', reached: phase('acting'), commands: 3 },
  { when: 'while the return waits', of: 'release', reached: aTickAfter('acting'), commands: 3 },
  { when: 'between the waking writes', of: 'release', deaf: ['m02', 'm03'], reached: commands(4), commands: 4 },
  { when: 'right after the last waking write', of: 'release', mute: cutMiners, reached: commands(6), commands: 6 },
  { when: 'once it has restored', of: 'release', reached: phase('restored'), commands: 6 },
];

const options = { ...needs('mosquitto', 'mosquitto'), timeout: 110_000 };

test('there are twelve points at which an event is killed', () => {
  assert.equal(new Set(points.map(({ when }) => when)).size, 12);
});

/** Where nobody was told and the journal is gone, the first baseline is too. */
const told = points.filter(({ untold }) => !untold);

for (const [by, some, lose] of [
  ['its journal', points, async () => {}],
  ['the broker alone, its journal deleted', told, loseJournal],
] as const) {
  describe(`an agent killed in an event finishes it by ${by}:`, { ...options, concurrency: 4 }, () => {
    for (const point of some) {
      test(point.when, async (t) => {
        const broker = await startMosquitto();
        t.after(() => broker.remove());
        const site = await openSite(t, { url: broker.url, restoreWindowS: RESTORE_WINDOW_S, noise: false });
        site.rack.otherLoads.moveTo(OTHER_LOADS_W);
        const agent = await site.startReady();
        const { cut, release } = await goTo(point, site);
        await agent.kill();
        assert.equal(site.writes().flat().length, point.commands);
        heal(site);
        await lose(site);
        await finish(site, cut, release);
        assertEndedWell(site);
      });
    }
  });
}

/** Of these, this rack waits 1.7: long enough for a tick to fall into it. */
const RESTORE_WINDOW_S = 2.5;

/** Not what the config says: a baseline by the nameplates would be another than the first, which is metered. */
const OTHER_LOADS_W = 100;
const FULL_W = 4 * 3400 + OTHER_LOADS_W;

type Orders = { readonly cut: Order; readonly release?: Order };

async function goTo({ of, deaf = [], mute = [], reached }: Point, site: Site): Promise<Orders> {
  const { issuer, watcher, rack } = site;
  const hinder = () => {
    for (const id of deaf) rack.miner(id).faults.silent = true;
    for (const id of mute) rack.miner(id).faults.answersAfterMs = 60_000;
  };
  if (of === 'cut') hinder();
  const cut = await issuer.order({ kind: 'shed', fraction: 0.6 });
  if (of === 'cut') {
    await reached(site, cut);
    return { cut };
  }
  await watcher.phase(cut, 'holding');
  hinder();
  const release = await issuer.order({ kind: 'release' });
  await reached(site, release);
  return { cut, release };
}

function heal({ rack }: Site): void {
  for (const { faults } of rack.miners) Object.assign(faults, { silent: false, answersAfterMs: undefined });
}

async function finish({ start, watcher, issuer }: Site, cut: Order, release?: Order): Promise<void> {
  const holding = watcher.next('applied', isAt(cut, 'holding'));
  const free = watcher.next('applied', ({ orders_in_force }) => orders_in_force === 0);
  const record = watcher.first('evidence');
  start();
  if (!release) await holding;
  await watcher.phase(release ?? (await issuer.order({ kind: 'release' })), 'restored');
  await Promise.all([free, record]);
}

function assertEndedWell({ watcher, rack, writes, asleep }: Site): void {
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

function phase(name: Phase): Point['reached'] {
  return ({ watcher }, order) => watcher.phase(order, name);
}

/** The rack's power is told at every tick. */
function aTickAfter(name: Phase): Point['reached'] {
  return async ({ watcher }, order) => {
    await watcher.phase(order, name);
    await watcher.next('power');
  };
}

function commands(count: number): Point['reached'] {
  return ({ written }) => written(count);
}
