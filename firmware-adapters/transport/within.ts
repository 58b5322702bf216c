/** A call that may take only so long. */
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';

/**
 * Runs `work` with a signal that aborts with the caller's, or with a `TimeoutError` once `ms` are over. Nothing is left
 * when it ends: the platform's `timeout` and `any` would keep what every call knows until its time is over, by weak
 * references, and 200 miners make a hundred calls a second.
 *
 * Throws the caller's reason when that aborted, what `tooLate` makes of it when the time was over, or what `work` throws.
 */
export async function within<T>(
  clock: Pick<Clock, 'after'>,
  ms: Millis,
  signal: AbortSignal | undefined,
  work: (stop: AbortSignal) => Promise<T>,
  tooLate: (cause: unknown) => unknown = (cause) => cause,
): Promise<T> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  let isOver = false;
  const cancel = clock.after('time-out', ms, () => {
    isOver = true;
    stop.abort(new DOMException(`not done in ${ms} ms`, 'TimeoutError'));
  });
  const follow = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', follow, { once: true });
  try {
    return await work(stop.signal);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw isOver ? tooLate(error) : error;
  } finally {
    cancel();
    signal?.removeEventListener('abort', follow);
  }
}
