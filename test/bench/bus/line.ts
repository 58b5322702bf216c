/**
 * A serial line with units on it, in a process of its own: bytes take the time that they take at a baud rate, and units
 * answer as soon as the silence after a request is over. Blocks between two bytes, since timers are too coarse.
 *
 * `node line.ts BAUD [UNIT=SECONDS]` writes the path of its terminal, and then a line for each request (`Heard`). Units
 * that are named fall silent after so many seconds.
 */
import { readSync, writeSync } from 'node:fs';
import { openTerminal } from '#test/support/pty.ts';
import type { RtuAsked } from '#test/support/rtu-peer.ts';
import { ownAddresses, rtuFrame, rtuRequestsIn } from '#test/support/rtu-peer.ts';
import { charMsAt, gapMsAt } from './wire-time.ts';

const [baudText = '', ...mortal] = process.argv.slice(2);
const baud = Number(baudText);
const charMs = charMsAt(baud);
const gapMs = gapMsAt(baud);
const diesAt = new Map(mortal.map((text) => text.split('=').map(Number) as [number, number]));

const never = new Int32Array(new SharedArrayBuffer(4));
const began = nowMs();
const { fd, path } = openTerminal();
say(path);

/** The kernel wakes a sleeper a little late: the end of a pause is waited for awake. */
const AWAKE_MS = 0.15;

const chunk = Buffer.alloc(256);
/** When the last byte on the line was through. */
let quietSince = began;
for (;;) {
  const length = heard();
  const at = nowMs();
  for (const asked of rtuRequestsIn(chunk.subarray(0, length))) {
    const silenceMs = at - quietSince;
    quietSince = at + 8 * charMs;
    const isDead = at - began > 1000 * (diesAt.get(asked.unit) ?? Number.POSITIVE_INFINITY);
    const reply = isDead ? Buffer.alloc(0) : replyTo(asked);
    const from = quietSince + gapMs;
    const until = isDead ? quietSince : from + reply.length * charMs;
    // Before the reply, while nobody has anything to do: in the silence after it, it would keep both ends busy.
    say(JSON.stringify({ at, unit: asked.unit, functionCode: asked.functionCode, silenceMs, until }));
    if (!isDead) answer(reply, from);
  }
}

/** Waits for bytes; when nobody has the terminal open any more, the line is over. */
function heard(): number {
  try {
    return readSync(fd, chunk);
  } catch {
    process.exit(0);
  }
}

function replyTo(asked: RtuAsked): Buffer {
  return asked.functionCode === 5 ? rtuFrame(asked.unit, chunk.toString('hex', 1, 6)) : ownAddresses(asked);
}

/** Each byte is written when it would be through, those of the same millisecond together. */
function answer(reply: Buffer, from: number): void {
  const each = Math.max(1, Math.floor(1 / charMs));
  for (let sent = 0; sent < reply.length; ) {
    const piece = reply.subarray(sent, sent + each);
    sent += piece.length;
    waitUntil(from + sent * charMs);
    writeSync(fd, piece);
  }
  quietSince = nowMs();
}

function waitUntil(at: number): void {
  for (let leftMs = at - nowMs(); leftMs > 0; leftMs = at - nowMs()) {
    if (leftMs > AWAKE_MS) Atomics.wait(never, 0, 0, leftMs - AWAKE_MS);
  }
}

/** On the system's monotonic clock, which all processes share. */
function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
