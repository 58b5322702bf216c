/**
 * Replies of WhatsMiner's API v2: who wrapped them how, what their codes mean, and how a field is checked.
 *
 * btminer answers like cgminer (`{"STATUS":[{..}],"SUMMARY":[{..}]}`), the control process beside it with
 * `{"STATUS":"S","Code":131,"Msg":{..}}`; newer firmware answers everything the second way.
 */
import * as z from 'zod';
import type { AdapterErrorKind } from '../errors.ts';
import { AdapterError } from '../errors.ts';
import { parseCgminerJson } from '../transport/cgminer-json.ts';

export type Reply = {
  /** The device's own words. */
  said: string;
  /** The first element of the section named like the command, or `Msg`. */
  body: unknown;
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
  const reply = checked(envelope, command, value);
  const status = Array.isArray(reply.STATUS) ? reply.STATUS[0] : reply;
  const said = typeof status?.Msg === 'string' ? status.Msg : (status?.Description ?? '');
  // The letter decides, not the code: 131 is only the control process's "ok", btminer has one per command.
  if (status?.STATUS === 'E' || status?.STATUS === 'F') throw refusal(command, status.Code, said);
  const section = reply[command.toUpperCase()];
  return { said, body: Array.isArray(section) ? section[0] : reply.Msg, repairs: repairs.length };
}

/** `value` as `schema` has it, or `AdapterError('malformed')` naming the command and the field. */
export function checked<Schema extends z.ZodType>(schema: Schema, command: string, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.length ? `field "${issue.path.join('.')}" of ` : '';
  throw new AdapterError('malformed', `${field}the reply to ${command}: ${issue?.message}`);
}

/** A number, or its text; absent when the device writes null or an empty text. */
export const quantity = z
  .preprocess((value) => (typeof value === 'string' ? numberIn(value) : (value ?? undefined)), z.number().optional())
  .optional();

/** Text without the blanks and apostrophes that some builds put around it; absent when nothing is left. */
export const words = z
  .string()
  .nullish()
  .transform((text) => text?.replace(/^[\s']+|[\s']+$/g, '') || undefined)
  .optional();

/** A yes or no, as JSON has it or in words; absent when the device leaves it open. */
export const flag = z
  .preprocess((value) => (typeof value === 'string' ? flagIn(value) : (value ?? undefined)), z.boolean().optional())
  .optional();

const status = z.looseObject({
  /** S done, I information, W warning, E error, F fatal. */
  STATUS: z.string(),
  Code: z.number().optional(),
  Msg: z.unknown().optional(),
  Description: z.string().optional(),
});

const envelope = status.extend({ STATUS: z.union([z.string(), z.array(status).min(1)]) });

const sealed = z.looseObject({ enc: z.string() });

/** Codes of API v2.2, the same in older ones. */
const meanings: Record<number, [kind: AdapterErrorKind, meaning: string]> = {
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

function refusal(command: string, code: number | undefined, said: string): AdapterError {
  const [kind, meaning] = meanings[code ?? Number.NaN] ?? ['refused', 'a code this adapter does not know'];
  const message = `the miner refused ${command} with code ${code ?? 'none'}, "${said}": ${meaning}`;
  return new AdapterError(kind, message, code === undefined ? {} : { code });
}

/** Leaves other text as it is, so that the schema refuses it. */
function numberIn(text: string): unknown {
  if (text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function flagIn(text: string): unknown {
  const said = { '': undefined, true: true, false: false };
  const lower = text.trim().toLowerCase();
  return Object.hasOwn(said, lower) ? said[lower as keyof typeof said] : text;
}
