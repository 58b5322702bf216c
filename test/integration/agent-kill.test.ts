/**
 * kill -9 at twelve points of an event. Each is defined by what the miners have received or by what has been told on
 * the broker, never by time; the next agent finishes the event.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Phase } from '#protocol/lifecycle.ts';
import type { Order } from '#protocol/order.ts';
import { assertEndedWell, CUT, finishEvent, openSteadySite } from './support/event.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { needs } from './support/needs.ts';
import type { Site } from './support/site.ts';
import { loseJournal } from './support/site.ts';

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
  },
  {
    when: 'right after its last device write',
    of: 'cut',
    mute: cutMiners,
    reached: commands(3),
    commands: 3,
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

const options = { ...needs('mosquitto', 'mosquitto'), timeout: 230_000 };

/**
 * With the journal gone, the broker knows what was told: so only points between an order's first word and its last, and
 * of those one for each thing there is to remember: what moved, what was proved, the return and whom it has reached.
 */
const told = points.filter(({ when }) =>
  [
    'once every miner has acknowledged',
    'once the meter has proved it',
    'right after the release',
    'between the waking writes',
  ].includes(when),
);

test('there are twelve points at which an event is killed, and four of them without the journal', () => {
  assert.equal(new Set(points.map(({ when }) => when)).size, 12);
  assert.equal(told.length, 4);
});

for (const [by, some, lose] of [
  ['its journal', points, async () => {}],
  ['the broker alone, its journal deleted', told, loseJournal],
] as const) {
  describe(`an agent killed in an event finishes it by ${by}:`, { ...options, concurrency: 2 }, () => {
    for (const point of some) {
      test(point.when, async (t) => {
        const broker = await startMosquitto();
        t.after(() => broker.remove());
        const site = await openSteadySite(t, broker.url);
        const agent = await site.startReady();
        const { cut, release } = await goTo(point, site);
        await agent.kill();
        assert.equal(site.writes().flat().length, point.commands);
        heal(site);
        await lose(site);
        await finishEvent(site, cut, release);
        assertEndedWell(site);
      });
    }
  });
}

type Orders = { readonly cut: Order; readonly release?: Order };

async function goTo({ of, deaf = [], mute = [], reached }: Point, site: Site): Promise<Orders> {
  const { issuer, watcher, rack } = site;
  const hinder = () => {
    for (const id of deaf) rack.miner(id).faults.silent = true;
    for (const id of mute) rack.miner(id).faults.answersAfterMs = 60_000;
  };
  if (of === 'cut') hinder();
  const cut = await issuer.order(CUT);
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
