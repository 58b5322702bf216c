import type { EventEmitter } from 'node:events';
import { on } from 'node:events';

/** Nothing that a bench waits for takes as long. */
const PATIENCE_MS = 60_000;

/** The first value of `event` from now on that fits. Throws, and names the event, when none comes. */
export async function next<Value>(
  from: EventEmitter,
  event: string,
  fits: (value: Value) => boolean = () => true,
): Promise<Value> {
  try {
    for await (const [value] of on(from, event, { signal: AbortSignal.timeout(PATIENCE_MS) })) {
      if (fits(value as Value)) return value as Value;
    }
  } catch (cause) {
    throw new Error(`${event} was awaited in vain`, { cause });
  }
  throw new Error(`${event} will not come any more`);
}
