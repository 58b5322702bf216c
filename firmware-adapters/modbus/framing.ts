/** How a wire wraps PDUs. Each kind of wire has one; the rest of a bus does not know which. */
import type { Millis } from '#protocol/units.ts';
import type { BusCounters } from './counters.ts';

/** One request or reply, unwrapped. */
export type Frame = {
  /** Ties a reply to its request, 0 to 65535. */
  transaction: number;
  unit: number;
  pdu: Buffer;
};

export type Framing = {
  /** A fresh codec for a fresh connection. */
  codec(counters: BusCounters): Codec;
  /** How long a read keeps the wire, apart from the unit's own turnaround. */
  readonly wire: WireTimes;
  /** What a wire needs whose replies do not say which request they answer; absent where they do. */
  readonly turns?: TurnTimes;
};

export type Codec = {
  /** Throws `RangeError` for a unit that this kind of wire cannot address. */
  encode(request: Frame): Buffer;
  /**
   * Yields the replies that `chunk` completes, however the bytes were cut. Throws `AdapterError('malformed')` when the
   * stream cannot be followed any more: the connection must then be dropped.
   */
  push(chunk: Buffer): Iterable<Frame>;
};

type WireTimes = {
  /** A request, and what is around the registers of its reply, with the silences. */
  readonly requestMs: Millis;
  /** Each register of the reply. */
  readonly registerMs: Millis;
};

export type TurnTimes = {
  /** Silence that ends a frame: what comes after it belongs to another one. */
  readonly gapMs: Millis;
  /** Silence after a request that was given up, before another may follow: its unit may be about to speak. */
  readonly turnaroundMs: Millis;
  /** How long after its request a reply may still come, where that is longer than twice the time-out. */
  readonly lateMs?: Millis;
};
