/**
 * Which process of which rack speaks. Two agents with one rack id differ in `instance`, and a will that arrives late
 * is older than the birth it would override: it has a lower boot, or the same boot and a lower connection.
 */
import * as z from 'zod';
import type { Millis } from '#protocol/units.ts';
import type { Logger } from './log.ts';
import type { Journal } from './store.ts';

export type Identity = {
  /** Random for every process. */
  readonly instance: string;
  /** Grows with every start. */
  readonly boot: number;
  /** Numbers the broker connections of this process, over all brokers. */
  readonly connections: { next(): number };
};

export type IdentityParts = { journal: Journal; instance: string; wallMs: Millis; log: Logger };

const JOURNAL_KEY = 'identity';
const kept = z.object({ instance: z.string(), boot: z.int() });

/** `instance` is a fresh random id. A disk that fails is no reason not to start. */
export async function openIdentity({ journal, instance, wallMs, log }: IdentityParts): Promise<Identity> {
  const previous = await lastStart(journal);
  // Without a journal the seconds since 1970 still lie above what an older journal had counted up to.
  const boot = Math.max((previous?.boot ?? 0) + 1, Math.floor(wallMs / 1000));
  await journal.put(JOURNAL_KEY, JSON.stringify({ instance, boot })).catch((error) => {
    log.warn({ error }, 'this start could not be recorded');
  });
  let connection = 0;
  return { instance, boot, connections: { next: () => ++connection } };
}

async function lastStart(journal: Journal): Promise<z.infer<typeof kept> | undefined> {
  try {
    const body = (await journal.load()).get(JOURNAL_KEY);
    return body === undefined ? undefined : kept.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}
