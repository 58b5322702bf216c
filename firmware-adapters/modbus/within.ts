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
  const allowed = new AbortController();
  const timer = new AbortController();
  const abort = () => allowed.abort(signal.reason);
  const expire = () => {
    if (!timer.signal.aborted) allowed.abort(late());
  };
  const inTime = () => {};
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  clock.sleep(ms, timer.signal).then(expire, inTime);
  try {
    return await work(allowed.signal);
  } finally {
    // Any reason does; without one the platform makes an error with its stack, for each request anew.
    timer.abort('in time');
    signal.removeEventListener('abort', abort);
  }
}
