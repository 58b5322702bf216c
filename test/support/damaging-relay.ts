/**
 * A serial line that can be made bad: carries bytes between two streams at a baud rate, and damages what comes back.
 * Seeded, so that a run that failed fails again.
 */
import type { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';

export const damages = ['delay', 'duplicate', 'drop', 'cut', 'flip', 'noise'] as const;
type Damage = (typeof damages)[number];

export type DamageOptions = {
  /** The share of replies, 0 to 1, that each kind of damage befalls. */
  shares: Partial<Record<Damage, number>>;
  /** How late a delayed reply comes, from and up to. */
  delayMs: readonly [Millis, Millis];
  /** 0 to 1; see `seededRandom`. */
  random: () => number;
};

export type LineOptions = {
  clock: { monotonic(): Millis; sleep(ms: Millis): Promise<void> };
  /** Bits per second, eleven to a byte; as fast as the streams when absent. */
  baud?: number;
  /** What befalls replies. */
  damage?: DamageOptions;
};

export type Line = { readonly done: Readonly<Record<Damage, number>> };

/** `master` asks, `units` answer. What `units` write in one piece is one reply. */
export function damagingRelay(master: Duplex, units: Duplex, { clock, baud, damage }: LineOptions): Line {
  const done: Record<Damage, number> = { delay: 0, duplicate: 0, drop: 0, cut: 0, flip: 0, noise: 0 };
  const toUnits = pacedWriter(units, clock, baud);
  const toMaster = pacedWriter(master, clock, baud);
  const answer = (reply: Buffer) => {
    if (!damage) return toMaster(reply);
    const { pieces, delayMs } = damaged(reply, damage, done);
    const send = () => {
      for (const piece of pieces) toMaster(piece);
    };
    if (delayMs === 0) return send();
    // The line may be gone by then, and with it whoever would have heard.
    clock.sleep(delayMs).then(send, () => {});
  };
  master.on('data', toUnits);
  units.on('data', answer);
  for (const [from, to] of [[master, units] as const, [units, master] as const]) {
    from.on('error', () => {}).once('close', () => to.destroy());
  }
  return { done };
}

/** Pseudo-random numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** At most one kind of damage a reply, as its share of a throw says. */
function damaged(reply: Buffer, { shares, delayMs, random }: DamageOptions, done: Record<Damage, number>) {
  const kind = chosen(shares, random());
  if (kind) done[kind] += 1;
  const at = Math.floor(random() * reply.length);
  const whole = { pieces: [reply], delayMs: 0 };
  switch (kind) {
    case undefined:
      return whole;
    case 'delay':
      return { pieces: [reply], delayMs: delayMs[0] + random() * (delayMs[1] - delayMs[0]) };
    case 'duplicate':
      return { ...whole, pieces: [reply, reply] };
    case 'drop':
      return { ...whole, pieces: [] };
    case 'cut':
      return { ...whole, pieces: [reply.subarray(0, at)] };
    case 'flip':
      return { ...whole, pieces: [withFlippedBit(reply, at, Math.floor(random() * 8))] };
    case 'noise':
      return { ...whole, pieces: [Buffer.from([random() * 256, random() * 256]), reply] };
  }
}

function chosen(shares: DamageOptions['shares'], thrown: number): Damage | undefined {
  let upTo = 0;
  return damages.find((kind) => {
    upTo += shares[kind] ?? 0;
    return thrown < upTo;
  });
}

function withFlippedBit(reply: Buffer, at: number, bit: number): Buffer {
  const flipped = Buffer.from(reply);
  flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
  return flipped;
}

/** Byte after byte, each when it would be through; those that are due together go together. */
function pacedWriter(to: Duplex, { monotonic, sleep }: LineOptions['clock'], baud: number | undefined) {
  const write = (bytes: Buffer) => {
    if (!to.destroyed) to.write(bytes);
  };
  if (baud === undefined) return write;
  const charMs = 11_000 / baud;
  let waiting: Buffer = Buffer.alloc(0);
  let nextAt = 0;
  const drain = async () => {
    while (waiting.length > 0) {
      await sleep(Math.max(0, nextAt - monotonic()));
      const due = Math.min(waiting.length, 1 + Math.floor((monotonic() - nextAt) / charMs));
      write(waiting.subarray(0, due));
      waiting = waiting.subarray(due);
      nextAt += due * charMs;
    }
  };
  return (bytes: Buffer) => {
    const idle = waiting.length === 0;
    waiting = Buffer.concat([waiting, bytes]);
    if (!idle) return;
    nextAt = Math.max(nextAt, monotonic() + charMs);
    drain().catch(() => {});
  };
}
