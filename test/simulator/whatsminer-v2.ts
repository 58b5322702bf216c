/** The API that WhatsMiner firmware serves on TCP 4028, over any stream: reads in clear, writes encrypted. */
import type { Duplex } from 'node:stream';
import { parseObject, serveCgminer } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { Whatsminer } from './whatsminer-miner.ts';
import { readReply } from './whatsminer-reads.ts';
import type { WriteCommand } from './whatsminer-writes.ts';
import { write } from './whatsminer-writes.ts';

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
export function serveWhatsminerV2(miner: Whatsminer, clock: SimulatorClock, stream: Duplex): void {
  serveCgminer(miner, clock, stream, (request, when) => answer(request, miner, when));
}

/** The whole reply to one request, as text. `when` in seconds. */
function answer(text: string, miner: Whatsminer, when: number): string {
  const request = parseObject(text);
  if (!request) return failure(when, code.badJson, 'invalid JSON message');
  if (request['enc'] === 1) return answerWrite(request['data'], miner, when);
  const name = commandOf(request);
  if (name === 'get_token') return offerToken(miner, when);
  const reply = readReply(name, miner, when);
  return reply ? JSON.stringify(reply) : failure(when, code.unknownCommand, 'invalid cmd');
}

function offerToken(miner: Whatsminer, when: number): string {
  const offer = miner.tokens.issue();
  if (!offer) return failure(when, code.tooManyTokens, 'over max connect');
  return success(when, code.token, offer);
}

function answerWrite(data: unknown, miner: Whatsminer, when: number): string {
  if (typeof data !== 'string' || !/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(data)) {
    return failure(when, code.badBase64, 'base64 decode error');
  }
  if (!miner.writeApi || miner.spec.password === 'admin') return denied(when);
  const request = parseObject(miner.tokens.decrypt(data));
  if (!request) return failure(when, code.badJson, 'invalid JSON message');
  if (!miner.tokens.accepts(request['token'])) return failure(when, code.badToken, 'check token error');
  const name = commandOf(request);
  miner.takeWrite(name);
  return carryOut(name, request, miner, when);
}

function carryOut(name: string, request: WriteCommand, miner: Whatsminer, when: number): string {
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
