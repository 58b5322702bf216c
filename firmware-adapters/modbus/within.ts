/** Time-outs that leave nothing behind. */
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';

/**
 * Runs `work` with a signal that aborts when `signal` does or, after `ms`, with the error that `late` makes. `work`
 * must end soon after that. The timer is gone when this returns, which `clock.timeout` could not promise.
 */
export async function within<T>(
  clock: Pick<Clock, 'sleep'>,
  ms: Millis,
  signal: AbortSignal,
  late: () => Error,
  work: (allowed: AbortSignal) => Promise<T>,
): Promise<T> {
  const timer = new AbortController();
  const expiry = new AbortController();
  const expire = () => {
    if (!timer.signal.aborted) expiry.abort(late());
  };
  const cancelled = () => {};
  clock.sleep(ms, timer.signal).then(expire, cancelled);
  try {
    return await work(AbortSignal.any([signal, expiry.signal]));
  } finally {
    timer.abort();
  }
}
