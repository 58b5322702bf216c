/** An adapter's error, thrown, becomes a value: once, in `sense` or `actuate`. Told by shape: this room knows no adapters. */
import type { Trouble, TroubleKind } from './observation.ts';

const kinds: readonly TroubleKind[] = [
  'unreachable',
  'timedOut',
  'unauthorised',
  'refused',
  'unsupported',
  'malformed',
];

/** Characters of a message: a device's own words are in it, and alarms and telemetry carry it on. */
const LONGEST_MESSAGE = 500;

/** undefined for what says nothing about the device: work dropped for something more urgent, or our own stop. */
export function troubleOf(error: unknown): Trouble | undefined {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_MESSAGE);
  if (!(error instanceof Error)) return { kind: 'malformed', message };
  const kind = kinds.find((each) => 'kind' in error && error.kind === each);
  if (kind) return { kind, message };
  return error.name === 'Preempted' || error.name === 'AbortError' ? undefined : { kind: 'malformed', message };
}
