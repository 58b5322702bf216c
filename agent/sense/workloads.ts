/** Looks at what runs on GPUs: whether it runs, what it has to do, how it could give way, what it is about to draw. */
import type { Hint, Step, WorkloadReading } from '#adapters/workload/workload.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { Observation } from '#agent/state/observation.ts';
import { troubleOf } from '#agent/state/trouble.ts';
import type { Millis } from '#protocol/units.ts';
import { Poller } from './poller.ts';

/** What a job says is planned with at every turn: without a bound one of them could make each turn long. */
const MOST_HINTS = 64;

export type WatchedWorkload = {
  readonly id: string;
  readonly periodMs: Millis;
  readonly keeper: {
    read(signal: AbortSignal): Promise<WorkloadReading>;
    readonly steps: readonly Step[];
    readonly hints: readonly Hint[];
  };
};

export function watchWorkload(
  { id, periodMs, keeper }: WatchedWorkload,
  clock: Clock,
  observe: (observation: Observation) => void,
): Poller {
  let hinted = '[]';
  return new Poller({
    name: id,
    periodMs,
    clock,
    read: async (signal) => {
      const reading = await keeper.read(signal);
      const steps = keeper.steps.map(({ name, takesS, lostS }) => ({ name, takesS, lostS }));
      observe({ kind: 'workload', workload: id, reading: { ...reading, steps } });
      const hints = keeper.hints.slice(0, MOST_HINTS);
      const said = JSON.stringify(hints);
      if (said !== hinted) observe({ kind: 'hints', workload: id, hints });
      hinted = said;
    },
    failed: (error) => {
      const trouble = troubleOf(error);
      if (trouble) observe({ kind: 'workloadTrouble', workload: id, trouble });
    },
  });
}
