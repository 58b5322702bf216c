/**
 * The socket that cgminer brought to most miners, over any stream: one JSON request a connection, a reply that ends
 * with a NUL, then the connection closes.
 */
import type { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { MinerFaults } from './faults.ts';
import type { Miner } from './miner.ts';

/** A connection on which nothing comes is closed after 10 s: WhatsMiner API manual 2.0.5, assumed of the others. */
const IDLE_MS: Millis = 10_000;
const LONGEST_REQUEST = 65_536;

/** Carries out one request and words the reply. `when` is the miner's own time, in seconds. */
export type Answer = (request: string, when: number) => string;

/** Serves one connection. */
export function serveCgminer(miner: Miner, clock: SimulatorClock, stream: Duplex, answer: Answer): void {
  // The client's end may vanish at any time; there is nobody to tell.
  stream.on('error', () => {});
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  converse(miner, clock, stream, answer, gone.signal).catch((error: unknown) => {
    if (!gone.signal.aborted) stream.destroy(error instanceof Error ? error : new Error(String(error)));
  });
}

/** The object in a text of JSON, or undefined. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/\0+$/, ''));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function converse(
  miner: Miner,
  clock: SimulatorClock,
  stream: Duplex,
  answer: Answer,
  gone: AbortSignal,
): Promise<void> {
  const { faults, spec } = miner;
  const request = await readRequest(stream, clock, gone);
  if (request === undefined || faults.closesWithoutReply) {
    stream.destroy();
    return;
  }
  if (faults.silent) return fallSilent(stream);
  await clock.sleep(spec.timing.replyMs, gone);
  if (!miner.energised) return fallSilent(stream);
  const reply = answer(request, Math.floor(clock.wall() / 1000));
  const lateMs = (faults.answersAfterMs ?? 0) - spec.timing.replyMs;
  if (lateMs > 0) await clock.sleep(lateMs, gone);
  if (!miner.energised) return fallSilent(stream);
  if (faults.endsWithoutNul) stream.write(garbled(reply, faults));
  else stream.end(`${garbled(reply, faults)}\0`);
}

/** A control board that is dead or hangs sends no FIN: the connection stands until the client leaves. */
function fallSilent(stream: Duplex): void {
  stream.once('end', () => stream.destroy());
}

/** One request, whole or as much as came before the client closed; undefined when nothing came. */
function readRequest(stream: Duplex, clock: SimulatorClock, gone: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const idle = new AbortController();
    const done = () => {
      idle.abort();
      resolve(text === '' ? undefined : text);
    };
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (/[}\n\0]\s*$/.test(text) || text.length > LONGEST_REQUEST) done();
    });
    stream.once('end', done);
    gone.addEventListener('abort', done);
    clock.sleep(IDLE_MS, idle.signal).then(done, () => {});
  });
}

/** What is left of a reply on a bad day. */
export function garbled(reply: string, { brokenJson, forgetsCommas, bareNan }: MinerFaults): string {
  let text = reply;
  if (forgetsCommas) text = text.replaceAll('},{', '}{');
  if (bareNan) text = text.replaceAll(/("(?:[GM]HS av|hash-average|rate_avg)":)[\d.]+/g, '$1nan');
  return brokenJson ? text.slice(text.length / 2) : text;
}
