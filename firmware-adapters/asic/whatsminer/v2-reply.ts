/**
 * Replies of WhatsMiner's API v2: who wrapped them how, and what their codes mean.
 *
 * btminer answers like cgminer (`{"STATUS":[{..}],"SUMMARY":[{..}]}`), the control process beside it with
 * `{"STATUS":"S","Code":131,"Msg":{..}}`; newer firmware answers everything the second way.
 */
import * as z from 'zod';
import { parseCgminerJson } from '../../transport/cgminer-json.ts';
import type { CodeMeanings } from '../../transport/cgminer-reply.ts';
import { accepted } from '../../transport/cgminer-reply.ts';

export type Reply = {
  /** The device's own words. */
  said: string;
  /** The first element of the section named like the command, or `Msg`. */
  body: unknown;
  /** All of that section; absent where there is none. */
  rows?: unknown[];
  /** How many repairs the text needed. */
  repairs: number;
};

/** The sealed part of a reply to a sealed command; undefined when the device answered in clear. */
export function sealedPart(text: string): string | undefined {
  const parsed = sealed.safeParse(parseCgminerJson(text).value);
  return parsed.success ? parsed.data.enc : undefined;
}

/** Opens the envelope. Throws `malformed` without one, and what the code means when the device reports an error. */
export function openReply(command: string, text: string): Reply {
  const { value, repairs } = parseCgminerJson(text);
  const { said, reply } = accepted(command, value, meanings);
  const section = reply[command.toUpperCase()];
  if (!Array.isArray(section)) return { said, body: reply['Msg'], repairs: repairs.length };
  return { said, body: section[0], rows: section, repairs: repairs.length };
}

const sealed = z.looseObject({ enc: z.string() });

/** Codes of API v2.2, the same in older ones. */
const meanings: CodeMeanings = {
  14: ['unsupported', 'this firmware does not know the command'],
  23: ['refused', 'it could not read the command'],
  45: [
    'unauthorised',
    "write access is off: enable the miner's API with WhatsMinerTool and replace the default password",
  ],
  132: ['refused', 'it failed to carry the command out'],
  135: ['unauthorised', 'it does not accept our token'],
  136: ['refused', 'it has handed out too many tokens; each expires after 30 minutes'],
  137: ['refused', 'it could not decode the command'],
};
