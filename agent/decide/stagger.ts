/** Spreads what 1,000 racks would do at one second, without any of them talking to another. */
import type { Millis, Seconds } from '#protocol/units.ts';

/** This rack's own delay after this event: uniform over the window, the same whenever it is asked. */
export function staggerMs(rack: string, event: string, windowS: Seconds): Millis {
  return share(`${rack}\n${event}`) * windowS * 1000;
}

/** A text to [0, 1): FNV-1a, then Murmur3's finish, since FNV alone leaves names that differ in their last digit close. */
function share(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
