/** What a broker handed to the page, before anybody has looked into it. */
import type { Millis } from '#protocol/units.ts';

export type Message = {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Kept by the broker from an earlier time: it says nothing about when it was said. */
  readonly retained: boolean;
  /** When it arrived, by the browser's clock. */
  readonly atMs: Millis;
};
