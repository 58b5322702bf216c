/** RFC 3339 text and milliseconds since the epoch. Pure conversions: the time itself comes from an injected clock. */
import type { Millis } from './units.ts';

/** NaN for text that is no time; schemas have refused it by then. */
export function epochMs(timestamp: string): Millis {
  return Date.parse(timestamp);
}

/** With milliseconds and `Z`. */
export function timestampOf(ms: Millis): string {
  return new Date(ms).toISOString();
}
