/** Ctrl-C as an abort signal. */

/** A signal that aborts at the first SIGINT or SIGTERM; the second one ends the process as usual. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort(new Interrupted()));
  return controller.signal;
}

export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** What `work` resolves to, or a rejection with the signal's reason when that comes first. */
export async function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const interrupted = Promise.withResolvers<never>();
  const give = () => interrupted.reject(signal.reason);
  signal.addEventListener('abort', give);
  if (signal.aborted) give();
  return await Promise.race([work, interrupted.promise]).finally(() => signal.removeEventListener('abort', give));
}
