/** Speaks API v2 with one WhatsMiner: plain reads, sealed writes, and the token that writes need. */
import * as z from 'zod';
import type { Millis } from '#protocol/units.ts';
import type { AdapterContext } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { askCgminer } from '../../transport/cgminer-socket.ts';
import { checked } from '../../transport/fields.ts';
import type { Peer } from '../../transport/one-connection.ts';
import { Password } from '../../transport/password.ts';
import type { Sealed, Token } from './crypto.ts';
import { Keyring, seal, unseal } from './crypto.ts';
import type { Reply } from './v2-reply.ts';
import { openReply, sealedPart } from './v2-reply.ts';

export type SessionOptions = { host: string; port: number; password_file: string };

/** A healthy miner answers a read within tens of milliseconds; a busy one has been seen to take seconds. */
const READ_TIMEOUT_MS = 5_000;
/** Writes may touch the PSU before they answer. */
const WRITE_TIMEOUT_MS = 10_000;
/** The device forgets a token after 30 minutes; a minute is left for clocks that differ. */
const TOKEN_LIFE_MS = 29 * 60_000;

export type Command = { cmd: string } & Record<string, string | number>;

/** A token, and the commands sealed with it so far: there is no nonce, so the same command is the same bytes. */
type Held = { token: Token; until: Millis; sealed: Map<string, Sealed> };

/** Not a queue: the caller lets one call run at a time. */
export class WhatsminerSession {
  readonly #password: Password;
  readonly #context: AdapterContext;
  readonly #peer: Peer;
  #keyring: Keyring | undefined;
  #held: Held | undefined;

  constructor(options: SessionOptions, context: AdapterContext) {
    this.#password = new Password(options.password_file, context);
    this.#context = context;
    this.#peer = { host: options.host, port: options.port, connect: context.connect, clock: context.clock };
  }

  /** A command that needs no token. Throws `AdapterError`, or the signal's reason. */
  async ask(command: string, signal: AbortSignal): Promise<Reply> {
    // Old firmware insists on `command`; newer takes `cmd` as well.
    return openReply(command, await askCgminer(this.#peer, { command }, READ_TIMEOUT_MS, signal));
  }

  /**
   * A command that changes the device. One round trip with a token in hand. A token that the device does not accept
   * (it restarted, or its password changed) is replaced once. Throws `AdapterError`, or the signal's reason.
   */
  async write(command: Command, signal: AbortSignal): Promise<Reply> {
    try {
      return await this.#send(command, await this.#hold(signal), signal);
    } catch (error) {
      if (!saysTokenIsBad(error)) throw error;
      this.#forget();
    }
    const held = await this.#hold(signal);
    return this.#send(command, held, signal).catch((error: unknown) => {
      throw saysPasswordIsWrong(error) ? this.#password.wrong(error) : error;
    });
  }

  /** Fetches a token and seals `command` with it, so that writing it later is nothing but writing. */
  async prepare(command: Command, signal: AbortSignal): Promise<void> {
    sealedBy(await this.#renew(signal), command);
  }

  async #hold(signal: AbortSignal): Promise<Held> {
    const held = this.#held;
    if (held && this.#context.clock.monotonic() < held.until) return held;
    return await this.#renew(signal);
  }

  async #renew(signal: AbortSignal): Promise<Held> {
    const keyring = await this.#openKeyring();
    const { clock } = this.#context;
    const until = clock.monotonic() + TOKEN_LIFE_MS;
    const { body } = await this.ask('get_token', signal);
    const { time, salt, newsalt } = checked(challenge, 'get_token', body);
    const token = keyring.token({ time: String(time), salt, newsalt });
    this.#held = { token, until, sealed: new Map() };
    return this.#held;
  }

  async #send(command: Command, held: Held, signal: AbortSignal): Promise<Reply> {
    const text = await askCgminer(this.#peer, sealedBy(held, command), WRITE_TIMEOUT_MS, signal);
    const part = sealedPart(text);
    return openReply(command.cmd, part === undefined ? text : unseal(part, held.token));
  }

  #forget(): void {
    this.#held = undefined;
    this.#keyring = undefined;
    this.#password.forget();
  }

  async #openKeyring(): Promise<Keyring> {
    this.#keyring ??= new Keyring(await this.#password.get());
    return this.#keyring;
  }
}

function sealedBy({ token, sealed }: Held, command: Command): Sealed {
  const plain = JSON.stringify(command);
  const done = sealed.get(plain) ?? seal(command, token);
  sealed.set(plain, done);
  return done;
}

const challenge = z.looseObject({
  /** Seconds since the epoch, or only their last four digits. */
  time: z.union([z.string(), z.number()]),
  salt: z.string(),
  newsalt: z.string(),
});

/** 135 and 136 say so. 23 is what a device answers that decrypts with another key than ours. */
function saysTokenIsBad(error: unknown): error is AdapterError {
  return error instanceof AdapterError && [23, 135, 136].includes(Number(error.code));
}

function saysPasswordIsWrong(error: unknown): error is AdapterError {
  return saysTokenIsBad(error) && error.code !== 136;
}
