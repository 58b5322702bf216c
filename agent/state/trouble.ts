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

/** undefined for what says nothing about the device: work dropped for something more urgent, or our own stop. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof Error)) return { kind: 'malformed', message: String(error) };
  const kind = kinds.find((each) => 'kind' in error && error.kind === each);
  if (kind) return { kind, message: error.message };
  return error.name === 'Preempted' || error.name === 'AbortError'
    ? undefined
    : { kind: 'malformed', message: error.message };
}
