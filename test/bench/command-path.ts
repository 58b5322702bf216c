/**
 * From an order's publish to the first and to the last write that reaches a device, with 200 miners: the agent as a
 * site runs it, against the least that could do the same, turn by turn on one machine.
 *
 * Both begin with warm tokens and dial each miner anew, since the protocol has one command a connection. The floor has
 * the machine to itself. The agent reads its miners all the while, and its orders come at every phase of those reads.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '#protocol/order.ts';
import type { Millis } from '#protocol/units.ts';
import type { Bench, Check, Outcome, Surroundings } from './bench.ts';
import { quantile } from './bench.ts';
import { POLL_MS, SITES } from './command-path/site.ts';
import type { Stage } from './command-path/stage.ts';
import { openStage } from './command-path/stage.ts';

export const commandPath: Bench = {
  name: 'command-path',
  what: 'publish to first and last device write, 200 miners, against a bare subscriber',
  run: async ({ say }) => {
    const folder = await mkdtemp(join(tmpdir(), 'ballast-bench-'));
    try {
      return await inFolder(folder, say);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

const MINERS = 200;
/** Some minutes' worth. The p99 of these is nearly the worst of them. */
const RUNS = 40;
/** What the miners take to hang up after their replies. */
const HANG_UP_MS: Millis = 200;
/** After its standstill the agent first makes up for the reads that were due meanwhile. */
const MADE_UP_MS: Millis = 1000;
const ZERO: Target = { kind: 'ceiling', fraction: 0 };

/** Milliseconds from the publish. */
type Cut = { readonly first: Millis; readonly last: Millis };
type Side = 'agent' | 'floor' | 'openFloor';

async function inFolder(folder: string, say: Surroundings['say']): Promise<Outcome> {
  const stage = await openStage(folder, MINERS);
  try {
    say(`${MINERS} miners, ${RUNS} cuts each, over ${stage.broker.name}`);
    const cuts = await alternate(stage, say);
    return { kind: 'ran', checks: checksOf(cuts), figures: figuresOf(cuts) };
  } finally {
    await stage.stop();
  }
}

async function alternate(stage: Stage, say: Surroundings['say']): Promise<Record<Side, Cut[]>> {
  const cuts: Record<Side, Cut[]> = { agent: [], floor: [], openFloor: [] };
  for (let run = 0; run < RUNS; run++) {
    await sleep(MADE_UP_MS + phaseMs(run));
    cuts.agent.push(await agentCut(stage, run));
    stage.agent.pause();
    cuts.floor.push(await floorCut(stage));
    await stage.floor.dialAhead();
    cuts.openFloor.push(await floorCut(stage));
    stage.agent.resume();
    if (run % 10 === 9) say(`${run + 1} of ${RUNS}`);
  }
  return cuts;
}

/** Cuts, and lets the rack come home again. */
async function agentCut({ operator, rack }: Stage, run: number): Promise<Cut> {
  const event = `cut-${run}`;
  const order = await operator.order(SITES.agent, event, ZERO);
  const told = rack.told('power_off');
  const at = operator.publish(order);
  const cut = cutOf(at, await told);
  const release = await operator.order(SITES.agent, event, { kind: 'release' });
  const restored = operator.restored(release);
  operator.publish(release);
  await restored;
  return cut;
}

async function floorCut({ operator, floorRack }: Stage): Promise<Cut> {
  const order = await operator.order(SITES.floor, 'cut', ZERO);
  const told = floorRack.told('power_off');
  const at = operator.publish(order);
  const cut = cutOf(at, await told);
  await sleep(HANG_UP_MS);
  return cut;
}

/** Multiples of the golden ratio fall evenly over a period, however many there are, and in every run of the bench. */
function phaseMs(run: number): Millis {
  return ((run * 0.618034) % 1) * POLL_MS;
}

function cutOf(at: Millis, moments: readonly Millis[]): Cut {
  return { first: Math.min(...moments) - at, last: Math.max(...moments) - at };
}

function checksOf({ agent, floor }: Record<Side, readonly Cut[]>): Check[] {
  const ratio = (share: number) => quantile(lasts(agent), share) / quantile(lasts(floor), share);
  return [
    { what: 'last write, of the floor at p50', value: ratio(0.5), limit: 1.5, better: 'lower' },
    { what: 'last write, of the floor at p99', value: ratio(0.99), limit: 2, better: 'lower' },
  ];
}

function figuresOf({ agent, floor, openFloor }: Record<Side, readonly Cut[]>): Record<string, number> {
  return { ...figures('agent', agent), ...figures('floor', floor), ...figures('floor_dialled_ahead', openFloor) };
}

function figures(who: string, cuts: readonly Cut[]): Record<string, number> {
  return {
    [`${who}_first_p50_ms`]: quantile(firsts(cuts), 0.5),
    [`${who}_first_p99_ms`]: quantile(firsts(cuts), 0.99),
    [`${who}_last_p50_ms`]: quantile(lasts(cuts), 0.5),
    [`${who}_last_p99_ms`]: quantile(lasts(cuts), 0.99),
    // The first order that a process ever gets finds its code cold.
    [`${who}_coldest_last_ms`]: cuts[0]?.last ?? Number.NaN,
  };
}

function firsts(cuts: readonly Cut[]): Millis[] {
  return cuts.map(({ first }) => first);
}

function lasts(cuts: readonly Cut[]): Millis[] {
  return cuts.map(({ last }) => last);
}
