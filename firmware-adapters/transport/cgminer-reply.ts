/**
 * The envelope of a cgminer reply: a status, alone or in a list, beside what was asked for.
 * `{"STATUS":[{"STATUS":"S","Code":11,"Msg":".."}],"SUMMARY":[{..}]}` or `{"STATUS":"S","Code":131,"Msg":{..}}`.
 */
import * as z from 'zod';
import type { AdapterErrorKind } from '../errors.ts';
import { AdapterError } from '../errors.ts';
import { checked } from './fields.ts';

/** What a firmware's codes mean for us, and in words for a person. */
export type CodeMeanings = Record<number, [kind: AdapterErrorKind, meaning: string]>;

export type Accepted = {
  /** The device's own words. */
  said: string;
  /** The whole reply. */
  reply: Record<string, unknown>;
};

/** Throws `malformed` without an envelope, and what the code means when the device reports an error. */
export function accepted(command: string, value: unknown, meanings: CodeMeanings): Accepted {
  const reply = checked(envelope, command, value);
  const status = Array.isArray(reply.STATUS) ? reply.STATUS[0] : reply;
  const said = typeof status?.Msg === 'string' ? status.Msg : (status?.Description ?? '');
  // The letter decides, not the code: firmware has one code for every "ok", or one for each command.
  if (status?.STATUS === 'E' || status?.STATUS === 'F') throw refusal(command, status.Code, said, meanings);
  return { said, reply };
}

const status = z.looseObject({
  /** S done, I information, W warning, E error, F fatal. */
  STATUS: z.string(),
  Code: z.number().optional(),
  Msg: z.unknown().optional(),
  Description: z.string().optional(),
});

const envelope = status.extend({ STATUS: z.union([z.string(), z.array(status).min(1)]) });

function refusal(command: string, code: number | undefined, said: string, meanings: CodeMeanings): AdapterError {
  const [kind, meaning] = meanings[code ?? Number.NaN] ?? ['refused', 'a code this adapter does not know'];
  const message = `the miner refused ${command} with code ${code ?? 'none'}, "${said}": ${meaning}`;
  return new AdapterError(kind, message, code === undefined ? {} : { code });
}
