/** Speaks API v3 with one WhatsMiner: plain reads, and writes signed with the password and the miner's salt. */
import { hash } from 'node:crypto';
import * as z from 'zod';
import type { Seconds } from '#protocol/units.ts';
import type { AdapterContext } from '../../contract.ts';
import type { AdapterErrorKind } from '../../errors.ts';
import { AdapterError } from '../../errors.ts';
import { parseCgminerJson } from '../../transport/cgminer-json.ts';
import { checked } from '../../transport/fields.ts';
import { askFramed } from '../../transport/framed-json.ts';
import type { Peer } from '../../transport/one-connection.ts';
import { Password } from '../../transport/password.ts';
import { saltIn } from './v3-reading.ts';

export type SessionOptions = { host: string; port: number; account: string; password_file: string };

export type Reply = {
  /** `msg`. */
  body: unknown;
  /** The miner's own clock, seconds since the epoch. */
  when: Seconds | undefined;
  /** How many repairs the text needed. */
  repairs: number;
};

const READ_TIMEOUT_MS = 5_000;
/** Writes may touch the PSU before they answer. */
const WRITE_TIMEOUT_MS = 10_000;

/** Not a queue: the caller lets one call run at a time. */
export class WhatsminerV3Session {
  readonly #account: string;
  readonly #clock: AdapterContext['clock'];
  readonly #peer: Peer;
  readonly #password: Password;
  #salt: string | undefined;

  constructor({ host, port, account, password_file }: SessionOptions, context: AdapterContext) {
    const { connect, clock } = context;
    this.#account = account;
    this.#clock = clock;
    this.#peer = { host, port, connect, clock };
    this.#password = new Password(password_file, context);
  }

  /** A command that needs no password. Throws `AdapterError`, or the signal's reason. */
  async ask(cmd: string, param: string | undefined, signal: AbortSignal): Promise<Reply> {
    const request = param === undefined ? { cmd } : { cmd, param };
    return openReply(cmd, await askFramed(this.#peer, request, READ_TIMEOUT_MS, signal));
  }

  /** Fetches what a write is signed with. */
  async prepare(signal: AbortSignal): Promise<void> {
    await this.#fetchSalt(signal);
    await this.#password.get();
  }

  /**
   * A command that changes the device; returns the miner's words. One round trip with the salt in hand. A refusal may
   * mean a new salt, or a clock of ours that is too far from the miner's: both are asked for, and the command sent once
   * more. Throws `AdapterError`, or the signal's reason.
   */
  async write(cmd: string, param: unknown, signal: AbortSignal): Promise<string> {
    const salt = this.#salt ?? (await this.#fetchSalt(signal)).salt;
    try {
      return await this.#send(cmd, param, salt, Math.floor(this.#clock.wall() / 1000), signal);
    } catch (error) {
      if (!isDenied(error)) throw error;
      this.#password.forget();
    }
    const fresh = await this.#fetchSalt(signal);
    const ts = fresh.when ?? Math.floor(this.#clock.wall() / 1000);
    return await this.#send(cmd, param, fresh.salt, ts, signal).catch((error: unknown) => {
      throw isDenied(error) ? this.#password.wrong(error) : error;
    });
  }

  async #fetchSalt(signal: AbortSignal): Promise<{ salt: string; when: Seconds | undefined }> {
    this.#salt = undefined;
    const { body, when } = await this.ask('get.device.info', 'salt', signal);
    this.#salt = saltIn(body);
    return { salt: this.#salt, when };
  }

  async #send(cmd: string, param: unknown, salt: string, ts: Seconds, signal: AbortSignal): Promise<string> {
    const token = tokenFor({ cmd, password: await this.#password.get(), salt, ts });
    const request = { cmd, ...(param !== undefined && { param }), ts, account: this.#account, token };
    const { body } = openReply(cmd, await askFramed(this.#peer, request, WRITE_TIMEOUT_MS, signal));
    return typeof body === 'string' ? body : 'ok';
  }
}

/** What proves that the password is known, for one command at one time. */
export function tokenFor({ cmd, password, salt, ts }: { cmd: string; password: string; salt: string; ts: Seconds }) {
  return hash('sha256', `${cmd}${password}${salt}${ts}`, 'base64').slice(0, 8);
}

/** Throws `malformed` without an envelope, and what the code means when the miner reports an error. */
export function openReply(cmd: string, text: string): Reply {
  const { value, repairs } = parseCgminerJson(text);
  const { code, msg, when } = checked(envelope, cmd, value);
  if (code === 0) return { body: msg, when, repairs: repairs.length };
  const [kind, meaning] = meanings[code] ?? ['refused', 'a code this adapter does not know'];
  const said = typeof msg === 'string' ? `, "${msg.slice(0, 200)}"` : '';
  throw new AdapterError(kind, `the miner refused ${cmd} with code ${code}${said}: ${meaning}`, { code });
}

const envelope = z.looseObject({ code: z.number(), msg: z.unknown().optional(), when: z.number().optional() });

const meanings: Record<number, [kind: AdapterErrorKind, meaning: string]> = {
  [-1]: ['refused', 'it failed to carry the command out'],
  [-2]: ['unsupported', 'this firmware does not know the command'],
  [-3]: ['refused', 'it does not take the parameter'],
  [-4]: ['unauthorised', 'it does not permit this: its API is switched off, or the password is another one'],
};

function isDenied(error: unknown): error is AdapterError {
  return error instanceof AdapterError && error.kind === 'unauthorised' && error.code === -4;
}
