/**
 * Speaks with one LuxOS miner: reads, which anybody may, and commands, which need the miner's only session. The
 * session is no protection; it only keeps clients from changing things at the same time.
 */
import * as z from 'zod';
import type { Millis } from '#protocol/units.ts';
import type { AdapterContext } from '../../contract.ts';
import { AdapterError } from '../../errors.ts';
import { askCgminer } from '../../transport/cgminer-socket.ts';
import { checked } from '../../transport/fields.ts';
import type { Peer } from '../../transport/one-connection.ts';
import type { Replies, Reply } from './reply.ts';
import { openReplies, openReply } from './reply.ts';

export type SessionOptions = { host: string; port: number };

const TIMEOUT_MS = 5_000;
/** A session dies a minute after its last use; five seconds are left for the way. */
const IDLE_LIFE_MS = 55_000;

/** Not a queue: the caller lets one call run at a time. */
export class LuxosSession {
  readonly #context: AdapterContext;
  readonly #peer: Peer;
  /** Only a session that we opened: one of another client is used for one command, and never closed. */
  #held: { id: string; until: Millis } | undefined;

  constructor({ host, port }: SessionOptions, context: AdapterContext) {
    this.#context = context;
    this.#peer = { host, port, connect: context.connect, clock: context.clock };
  }

  /**
   * Several reads in one round trip. The first must be answered, the others may be missing. Throws `AdapterError`, or
   * the signal's reason.
   */
  async ask(commands: readonly [string, ...string[]], signal: AbortSignal): Promise<Replies> {
    return openReplies(commands, await this.#exchange(commands.join('+'), undefined, signal));
  }

  /**
   * A command that changes the miner; returns its words. One round trip with a session in hand, two without, three
   * when another client holds the session: then its id serves, as a cut must not wait for a browser tab. A session
   * that was lost meanwhile is replaced once. Throws `AdapterError`, or the signal's reason.
   */
  async command(name: string, parameters: readonly string[], signal: AbortSignal): Promise<string> {
    const id = await this.#session(signal);
    try {
      return await this.#send(name, id, parameters, signal);
    } catch (error) {
      // No code for a lost session is published, so the miner is asked whether it was that.
      if (!isRefusal(error) || (await this.#activeId(signal)) === id) throw error;
    }
    this.#held = undefined;
    return await this.#send(name, await this.#session(signal), parameters, signal);
  }

  /** Makes room for other clients. Does nothing when no session is held. */
  async giveBack(signal: AbortSignal): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held && this.#now() < held.until) await this.#exchange('logoff', held.id, signal);
  }

  async #send(name: string, id: string, parameters: readonly string[], signal: AbortSignal): Promise<string> {
    const sentAt = this.#now();
    const { said } = openReply(name, await this.#exchange(name, [id, ...parameters].join(','), signal));
    if (this.#held?.id === id) this.#held.until = sentAt + IDLE_LIFE_MS;
    return said;
  }

  async #session(signal: AbortSignal): Promise<string> {
    const held = this.#held;
    if (held && this.#now() < held.until) return held.id;
    const until = this.#now() + IDLE_LIFE_MS;
    try {
      const id = sessionId('logon', openReply('logon', await this.#exchange('logon', undefined, signal)));
      this.#held = { id, until };
      return id;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return await this.#othersId(error, signal);
    }
  }

  async #othersId(refusal: AdapterError, signal: AbortSignal): Promise<string> {
    const id = await this.#activeId(signal);
    if (id === '') throw refusal;
    this.#context.log.info({}, "another client holds the miner's session: its id serves for this command");
    return id;
  }

  /** Empty when nobody has a session. */
  async #activeId(signal: AbortSignal): Promise<string> {
    return sessionId('session', openReply('session', await this.#exchange('session', undefined, signal)));
  }

  #exchange(command: string, parameter: string | undefined, signal: AbortSignal): Promise<string> {
    const request = parameter === undefined ? { command } : { command, parameter };
    return askCgminer(this.#peer, request, TIMEOUT_MS, signal);
  }

  #now(): Millis {
    return this.#context.clock.monotonic();
  }
}

const sessionReply = z.looseObject({ SESSION: z.tuple([z.looseObject({ SessionID: z.string() })], z.unknown()) });

function sessionId(command: string, { body }: Reply): string {
  return checked(sessionReply, command, body).SESSION[0].SessionID;
}

/** The miner understood, and said no. */
export function isRefusal(error: unknown): error is AdapterError {
  return error instanceof AdapterError && error.kind === 'refused';
}
