/**
 * The API that WhatsMiner firmware serves on TCP 4028, over any stream: one JSON command a connection, a reply that
 * ends with a NUL, then the connection closes. Reads in clear, writes encrypted.
 */
import type { Duplex } from 'node:stream';
import type { Millis } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { SimulatedMiner } from './whatsminer-miner.ts';
import { readReply } from './whatsminer-reads.ts';
import type { WriteCommand } from './whatsminer-writes.ts';
import { write } from './whatsminer-writes.ts';

/** API manual 2.0.5: a connection on which nothing comes is closed after 10 s. */
const idleMs: Millis = 10_000;
const longestRequest = 65_536;

/** Message codes of the API manual. */
const code = {
  unknownCommand: 14,
  badJson: 23,
  permissionDenied: 45,
  ok: 131,
  commandError: 132,
  token: 134,
  badToken: 135,
  tooManyTokens: 136,
  badBase64: 137,
};

/** Serves one connection. */
export function serveWhatsminerV2(miner: SimulatedMiner, clock: SimulatorClock, stream: Duplex): void {
  // The client's end may vanish at any time; there is nobody to tell.
  stream.on('error', () => {});
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  converse(miner, clock, stream, gone.signal).catch((error: unknown) => {
    if (!gone.signal.aborted) stream.destroy(error instanceof Error ? error : new Error(String(error)));
  });
}

async function converse(
  miner: SimulatedMiner,
  clock: SimulatorClock,
  stream: Duplex,
  gone: AbortSignal,
): Promise<void> {
  const { faults, spec } = miner;
  const request = await readRequest(stream, clock, gone);
  if (request === undefined || faults.closesWithoutReply) {
    stream.destroy();
    return;
  }
  if (faults.silent) {
    stream.once('end', () => stream.destroy());
    return;
  }
  await clock.sleep(spec.timing.replyMs, gone);
  const reply = answer(request, miner, Math.floor(clock.wall() / 1000));
  const lateMs = (faults.answersAfterMs ?? 0) - spec.timing.replyMs;
  if (lateMs > 0) await clock.sleep(lateMs, gone);
  stream.end(`${faults.brokenJson ? reply.slice(reply.length / 2) : reply}\0`);
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
      if (/[}\n\0]\s*$/.test(text) || text.length > longestRequest) done();
    });
    stream.once('end', done);
    gone.addEventListener('abort', done);
    clock.sleep(idleMs, idle.signal).then(done, () => {});
  });
}

/** The whole reply to one request, as text. `when` in seconds. */
function answer(text: string, miner: SimulatedMiner, when: number): string {
  const request = parseObject(text);
  if (!request) return failure(when, code.badJson, 'invalid JSON message');
  if (request['enc'] === 1) return answerWrite(request['data'], miner, when);
  const name = commandOf(request);
  if (name === 'get_token') return offerToken(miner, when);
  const reply = readReply(name, miner, when);
  return reply ? JSON.stringify(reply) : failure(when, code.unknownCommand, 'invalid cmd');
}

function offerToken(miner: SimulatedMiner, when: number): string {
  const offer = miner.tokens.issue();
  if (!offer) return failure(when, code.tooManyTokens, 'over max connect');
  return success(when, code.token, offer);
}

function answerWrite(data: unknown, miner: SimulatedMiner, when: number): string {
  if (typeof data !== 'string' || !/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(data)) {
    return failure(when, code.badBase64, 'base64 decode error');
  }
  if (!miner.writeApi || miner.spec.password === 'admin') return denied(when);
  const request = parseObject(miner.tokens.decrypt(data));
  if (!request) return failure(when, code.badJson, 'invalid JSON message');
  if (!miner.tokens.accepts(request['token'])) return failure(when, code.badToken, 'check token error');
  const name = commandOf(request);
  miner.writes.push(name);
  return carryOut(name, request, miner, when);
}

function carryOut(name: string, request: WriteCommand, miner: SimulatedMiner, when: number): string {
  if (miner.faults.refusesWith === code.permissionDenied) return denied(when);
  const outcome = miner.faults.refusesWith === code.commandError ? 'command error' : write(name, request, miner);
  if (outcome === 'unknown command') return failure(when, code.unknownCommand, 'invalid cmd');
  if (outcome === 'command error') return failure(when, code.commandError, 'API command ERROR');
  return JSON.stringify({ enc: miner.tokens.encrypt(success(when, code.ok, 'API command OK')) });
}

/** Old firmware wants `command`, the manuals say `cmd`. */
function commandOf(request: Record<string, unknown>): string {
  return String(request['cmd'] ?? request['command']);
}

function denied(when: number): string {
  return failure(when, code.permissionDenied, 'permission denied');
}

function success(when: number, status: number, payload: unknown): string {
  return JSON.stringify({ STATUS: 'S', When: when, Code: status, Msg: payload, Description: '' });
}

function failure(when: number, status: number, words: string): string {
  return JSON.stringify({ STATUS: 'E', When: when, Code: status, Msg: words, Description: '' });
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/\0+$/, ''));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
