/** Waits until a server has nothing to do: what it would be put to sleep over is lost, or hangs. */
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import type { Demand } from './demand.ts';

const LOOK_MS: Millis = 100;

/** An unknown queue is not an empty one. */
export async function drained(
  look: () => Promise<Demand>,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { waiting, running } = await look();
    if (waiting === undefined || running === undefined) {
      throw new AdapterError('unsupported', 'its metrics do not tell whether requests are in flight');
    }
    if (waiting + running === 0) return;
    await clock.sleep(LOOK_MS, signal);
  }
}
