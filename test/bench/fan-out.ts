/**
 * From a plan to the last acknowledgement of 200 miners that answer after 50 ms, half WhatsMiners and half LuxOS: our
 * actuator and adapters against a bare script that opens 200 sockets at once, turn by turn on one machine. With their
 * sessions warm and cold, and with 20 miners that never answer.
 */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Millis } from '#protocol/units.ts';
import type { Bench, Check, Outcome, Surroundings } from './bench.ts';
import { quantile } from './bench.ts';
import { next } from './command-path/await.ts';
import { cutCold, cutWarm, giveBack, warmed } from './fan-out/floor.ts';
import type { BenchMiner, FromMiners, ToMiners } from './fan-out/miners.ts';
import { Ours } from './fan-out/ours.ts';

const MINERS = 200;
const DEAD = 20;
/** Each way, after a first one that is not counted: it finds the code cold. */
const WARM_RUNS = 20;
/** A WhatsMiner hands out no more than 32 tokens in half an hour. */
const COLD_RUNS = 10;

export const fanOut: Bench = {
  name: 'fan-out',
  what: 'a plan to the last of 200 acknowledgements, warm, cold and with 20 dead',
  run: async ({ say }) => {
    const child = fork(join(import.meta.dirname, 'fan-out/miners.ts'), [String(MINERS)]);
    try {
      const listening = await next<FromMiners>(child, 'message', ({ kind }) => kind === 'listening');
      if (listening.kind !== 'listening') throw new Error('the miners do not listen');
      return await compare({ child, ours: listening.ours, floors: listening.floors }, say);
    } finally {
      child.kill();
    }
  },
};

type Stage = {
  readonly child: ChildProcess;
  readonly ours: readonly BenchMiner[];
  readonly floors: readonly BenchMiner[];
};

/** Milliseconds to the last acknowledgement, run by run. */
type Lasts = { ours: Millis[]; floor: Millis[] };

async function compare(stage: Stage, say: Surroundings['say']): Promise<Outcome> {
  say(`${MINERS} miners, cold: ${COLD_RUNS} cuts each`);
  const cold = await coldCuts(stage);
  say(`warm, and with ${DEAD} dead: ${WARM_RUNS} cuts each`);
  const { warm, dead } = await warmCuts(stage);
  return {
    kind: 'ran',
    checks: [
      check('warm, last of 200, of the bare script', ratio(warm.ours, warm.floor), 1.2),
      check('cold, last of 200, of the bare script', ratio(cold.ours, cold.floor), 1.2),
      check('20 dead, last of 180, of none dead', ratio(dead, warm.ours), 1.1),
    ],
    figures: {
      ...figures('warm', warm.ours),
      ...figures('warm_floor', warm.floor),
      ...figures('cold', cold.ours),
      ...figures('cold_floor', cold.floor),
      ...figures('dead_180', dead),
    },
  };
}

function check(what: string, value: number, limit: number): Check {
  return { what, value, limit, better: 'lower' };
}

/** Of two runs that followed each other, at p50: what the machine does beside them touches both. */
function ratio(one: readonly Millis[], other: readonly Millis[]): number {
  return quantile(
    one.map((last, run) => last / (other[run] ?? Number.NaN)),
    0.5,
  );
}

/** Everything is opened anew for each cut, and no session is left behind. */
async function coldCuts({ child, ours, floors }: Stage): Promise<Lasts> {
  const lasts: Lasts = { ours: [], floor: [] };
  for (let run = 0; run <= COLD_RUNS; run++) {
    await wake(child, 0);
    const side = new Ours(ours);
    const mine = await side.cut(idsOf(ours));
    await side.stop();
    const theirs = await cutCold(floors);
    await giveBack(floors);
    note(lasts, run, mine, theirs);
  }
  return lasts;
}

async function warmCuts({ child, ours, floors }: Stage): Promise<{ warm: Lasts; dead: Millis[] }> {
  const side = new Ours(ours);
  await wake(child, 0);
  await side.warm();
  const theirs = await warmed(floors);
  const [warm, dead]: [Lasts, Millis[]] = [{ ours: [], floor: [] }, []];
  const living = idsOf(ours.slice(DEAD));
  for (let run = 0; run <= WARM_RUNS; run++) {
    await wake(child, 0);
    note(warm, run, await side.cut(idsOf(ours)), await cutWarm(theirs));
    await wake(child, DEAD / 2);
    const last = Math.max(...(await side.cut(living)));
    if (run > 0) dead.push(last);
  }
  await wake(child, 0);
  await side.stop();
  return { warm, dead };
}

function note(lasts: Lasts, run: number, mine: readonly Millis[], theirs: readonly Millis[]): void {
  if (run === 0) return;
  lasts.ours.push(Math.max(...mine));
  lasts.floor.push(Math.max(...theirs));
}

async function wake(child: ChildProcess, deadOfEach: number): Promise<void> {
  const woken = next<FromMiners>(child, 'message', ({ kind }) => kind === 'awake');
  child.send({ kind: 'wake', deadOfEach } satisfies ToMiners);
  await woken;
}

function idsOf(miners: readonly BenchMiner[]): ReadonlySet<string> {
  return new Set(miners.map(({ id }) => id));
}

function figures(who: string, lasts: readonly Millis[]): Record<string, number> {
  return {
    [`${who}_last_best_ms`]: Math.min(...lasts),
    [`${who}_last_p50_ms`]: quantile(lasts, 0.5),
    [`${who}_last_p90_ms`]: quantile(lasts, 0.9),
  };
}
