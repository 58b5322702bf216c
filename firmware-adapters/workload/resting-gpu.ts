/**
 * A GPU together with what runs on it. Alone it can only be capped; its workloads give it a sleep: they rest, and it is
 * left with the watts of a card that has its model in memory and computes nothing.
 */
import type { Millis, Watts } from '#protocol/units.ts';
import type { Controls, Device, RestNotice, Switch } from '../contract.ts';
import type { Keeper } from './keeper.ts';

/** @param idleW what it draws while its workloads rest. */
export function withWorkloads(gpu: Device, keepers: readonly Keeper[], idleW: Watts): Device {
  /** Whether it was put to sleep: that shows on none of its workloads while none of them has its bay. */
  let held = false;
  return {
    start: () => gpu.start(),
    stop: () => gpu.stop(),
    identify: (signal) => gpu.identify(signal),
    read: async (signal) => {
      const { asleep: _alone, ...reading } = await gpu.read(signal);
      const onStage = keepers.filter((keeper) => keeper.onStage);
      const asleep = onStage.length > 0 ? restOf(onStage) : held;
      return { ...reading, ...(asleep !== undefined && { asleep }) };
    },
    get controls(): Controls {
      const { limit, ...controls } = gpu.controls;
      // A GPU that cannot be capped first, or a job that has not said how it gives way, is not put to rest.
      if (!limit || keepers.some(({ steps }) => steps.length === 0)) return gpu.controls;
      const takesS = Math.max(...keepers.flatMap(({ steps }) => Math.min(...steps.map((step) => step.takesS))));
      const capability = { settle_ms: takesS * 1000, restarts: false, persistent: false, min_interval_s: 0 };
      const rest: Switch['run'] = async (signal, notice) => {
        // The cap takes milliseconds, the work seconds to end.
        await limit.run(limit.capability.range.min, true, signal);
        held = true;
        const said = await Promise.all(keepers.map((keeper) => keeper.rest(notice ?? AT_ONCE)));
        return { said: said.join('; '), settleMs: SETTLE_MS };
      };
      return {
        ...controls,
        limit,
        sleep: { capability, residualW: idleW, run: rest },
        wake: {
          capability,
          run: async () => {
            held = false;
            const said = await Promise.all(keepers.map((keeper) => keeper.work()));
            return { said: said.join('; '), settleMs: SETTLE_MS };
          },
        },
      };
    },
  };
}

const AT_ONCE: RestNotice = { deadline: 0 };
/** When nothing computes any more, the card's watts follow at once. */
const SETTLE_MS: Millis = 100;

/** All of them rest; undefined while one of them has not been heard. */
function restOf(keepers: readonly Keeper[]): boolean | undefined {
  const rests = keepers.map((keeper) => keeper.rests);
  if (rests.some((each) => each === false)) return false;
  return rests.includes(undefined) ? undefined : true;
}
