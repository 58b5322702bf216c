/**
 * Serving and batch jobs of a recorded cluster on a rack of 16 GPUs, over a sweep of load: a static split and one queue
 * against the agent's placement, in the same simulated rack, where giving way and changing over cost the same for all.
 *
 * A job that runs for an hour and waits for ten minutes can be done a seventh sooner at the very best: 33 % are to be had
 * only where jobs wait for half as long as they run, or longer. That is what "queues" means here; every load is told.
 */
import type { Bench, Check } from './bench.ts';
import { quantile } from './bench.ts';
import { readCsv } from './csv.ts';
import { jobsOf, loaded, workOf } from './placement/jobs.ts';
import { ballast, firstComeFirstServed, staticSplit } from './placement/policies.ts';
import type { Tally } from './placement/rack.ts';
import { LOST_S, SET_UP_S, SimulatedRack, STOP_S } from './placement/rack.ts';

const FILE = 'alibaba_gpu_2023_pods_first_half.csv';
const GPUS = 16;
/** Part of the rack that is asked for on average. */
const LOADS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
/** Mean queueing of the static split, as a part of the mean run, from which on it counts as queueing. */
const QUEUES = 0.5;
const LOOK_S = 60;
const TURN_S = 600;

export const placement: Bench = {
  name: 'placement',
  what: 'a recorded GPU trace on 16 GPUs: static split and one queue against placement, over a load sweep',
  run: async ({ data, say }) => {
    const rows = data === undefined ? undefined : await readCsv(data, FILE);
    if (!rows) return { kind: 'notRun', why: 'no data' };
    const jobs = jobsOf(rows, GPUS);
    const meanRunS = mean(jobs.map(({ runs }) => runs));
    // The best that a split which never changes can know: what each kind asks for over the whole trace.
    const inference = jobs.filter(({ kind }) => kind === 'inference');
    const inferenceGpus = Math.max(
      Math.round((GPUS * workOf(inference)) / workOf(jobs)),
      ...inference.map(({ gpus }) => gpus),
    );
    say(`${jobs.length} jobs of ${Math.round(meanRunS)} s; ${inferenceGpus} of ${GPUS} GPUs are inference’s own`);
    const rules = {
      inferenceGpus,
      spare: 1,
      turnS: TURN_S,
      switchS: STOP_S + LOST_S + SET_UP_S,
      idle: 'rest',
    } as const;
    const points = LOADS.map((load) => {
      const pushed = loaded(jobs, load, GPUS);
      const play = (decides: ConstructorParameters<typeof SimulatedRack>[2]) =>
        new SimulatedRack(GPUS, inferenceGpus, decides).play(pushed, LOOK_S);
      const point = {
        load,
        split: play(staticSplit(inferenceGpus)),
        queue: play(firstComeFirstServed),
        ours: play(ballast(rules)),
      };
      say(line(point));
      return point;
    });
    const queueing = points.filter(({ split }) => mean(split.queueing) >= QUEUES * meanRunS);
    return { kind: 'ran', checks: checksOf(points, queueing), figures: figuresOf(points, queueing) };
  },
};

type Point = { readonly load: number; readonly split: Tally; readonly queue: Tally; readonly ours: Tally };

function checksOf(points: readonly Point[], queueing: readonly Point[]): Check[] {
  const least = (of: (point: Point) => number) => Math.min(...queueing.map(of));
  const most = (of: (point: Point) => number) => Math.max(...points.map(of));
  return [
    {
      what: 'loads at which the static split queues',
      value: queueing.length,
      limit: 1,
      better: 'higher',
    },
    {
      what: 'there, mean completion sooner than the static split’s, at the least',
      value: least(({ split, ours }) => 1 - mean(ours.completions) / mean(split.completions)),
      limit: 0.33,
      better: 'higher',
    },
    {
      what: 'there, times less queueing than the static split, at the least',
      value: least(({ split, ours }) => mean(split.queueing) / mean(ours.queueing)),
      limit: 1.53,
      better: 'higher',
    },
    {
      what: 'at any load, inference’s mean wait beyond the static split’s, s',
      value: most(({ split, ours }) => mean(ours.waits.inference) - mean(split.waits.inference)),
      limit: 0,
      better: 'lower',
    },
    {
      what: 'at any load, inference’s p99 wait beyond the static split’s, s',
      value: most(({ split, ours }) => quantile(ours.waits.inference, 0.99) - quantile(split.waits.inference, 0.99)),
      limit: 0,
      better: 'lower',
    },
  ];
}

function figuresOf(points: readonly Point[], queueing: readonly Point[]): Record<string, number> {
  const worst = (of: (point: Point) => number) => Math.min(...queueing.map(of));
  return {
    first_load_at_which_the_split_queues: queueing[0]?.load ?? Number.NaN,
    sooner_than_one_queue_at_the_least: worst(
      ({ queue, ours }) => 1 - mean(ours.completions) / mean(queue.completions),
    ),
    times_less_queueing_than_one_queue: worst(({ queue, ours }) => mean(queue.queueing) / mean(ours.queueing)),
    preemptions_per_job_at_full_load:
      (points.at(-1)?.ours.preemptions ?? 0) / (points.at(-1)?.ours.completions.length ?? 1),
    stop_s: STOP_S,
    lost_s: LOST_S,
    set_up_s: SET_UP_S,
  };
}

function line({ load, split, queue, ours }: Point): string {
  const told = ({ completions, waits }: Tally) =>
    `${seconds(mean(completions))} (inference waits ${seconds(mean(waits.inference))})`;
  return `load ${load.toFixed(1)}: done after ${told(split)} split, ${told(queue)} one queue, ${told(ours)} placed`;
}

function seconds(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} s`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
