/** Replies of LuxOS: to one command, and to several that were joined with "+" in one request. */
import * as z from 'zod';
import { AdapterError } from '../../errors.ts';
import { parseCgminerJson } from '../../transport/cgminer-json.ts';
import type { CodeMeanings } from '../../transport/cgminer-reply.ts';
import { accepted } from '../../transport/cgminer-reply.ts';
import { checked } from '../../transport/fields.ts';

export type Reply = {
  /** The miner's own words. */
  said: string;
  /** The whole reply: its status, and sections such as `POWER`. */
  body: unknown;
};

export type Replies = {
  /** By command; what the miner refused or left out is absent. */
  bodies: { readonly [command: string]: unknown };
  /** How many repairs the text needed. */
  repairs: number;
};

/** Throws `malformed` without an envelope, and what the code means when the miner reports an error. */
export function openReply(command: string, text: string): Reply {
  const { said, reply } = accepted(command, parseCgminerJson(text).value, meanings);
  return { said, body: reply };
}

/**
 * Opens `{"config":[{..}],"summary":[{..}]}`, each part with a status of its own. The first command must have been
 * answered; firmware may lack the others. Throws as `openReply` does.
 */
export function openReplies(commands: readonly [string, ...string[]], text: string): Replies {
  const { value, repairs } = parseCgminerJson(text);
  const [first, ...others] = commands;
  const parts = checked(z.looseObject({}), commands.join('+'), value);
  // A status of its own: the request as a whole was refused, or was for one command only.
  if ('STATUS' in parts) return { bodies: { [first]: bodyOf(first, parts) }, repairs: repairs.length };
  const bodies = { [first]: bodyOf(first, partOf(parts[first])) };
  for (const command of others) {
    const part = partOf(parts[command]);
    if (part !== undefined) bodies[command] = unlessRefused(() => bodyOf(command, part));
  }
  return { bodies, repairs: repairs.length };
}

/** Only the first is published (luxos-tooling, `asyncops.py`); the second is cgminer's. */
const meanings: CodeMeanings = {
  402: ['refused', 'another client holds the only session'],
  14: ['unsupported', 'this firmware does not know the command'],
};

function partOf(part: unknown): unknown {
  return Array.isArray(part) ? part[0] : part;
}

function bodyOf(command: string, part: unknown): unknown {
  return accepted(command, part, meanings).reply;
}

function unlessRefused<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof AdapterError && (error.kind === 'refused' || error.kind === 'unsupported')) return undefined;
    throw error;
  }
}
