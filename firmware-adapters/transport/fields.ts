/** Fields of a device's replies: how each is checked, and what counts as not given. */
import * as z from 'zod';
import { parseJson } from '#protocol/json.ts';
import { AdapterError } from '../errors.ts';

/** Characters. What a device says travels on into alarms and telemetry, and brokers refuse packets that are too large. */
const LONGEST_WORDS = 256;

/** `value` as `schema` has it, or `AdapterError('malformed')` naming the command and the field. */
export function checked<Schema extends z.ZodType>(schema: Schema, command: string, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.length ? `field "${issue.path.join('.')}" of ` : '';
  throw new AdapterError('malformed', `${field}the reply to ${command}: ${issue?.message}`);
}

/** `checked`, of the text of a reply that should be JSON. */
export function checkedJson<Schema extends z.ZodType>(schema: Schema, command: string, text: string): z.infer<Schema> {
  const value = parseJson(text);
  if (value !== undefined) return checked(schema, command, value);
  throw new AdapterError('malformed', `the reply to ${command} is not JSON: "${text.trim().slice(0, 80)}"`);
}

/** A number, or its text; absent when the device writes null or an empty text. */
export const quantity = z
  .preprocess((value) => (typeof value === 'string' ? numberIn(value) : (value ?? undefined)), z.number().optional())
  .optional();

/**
 * Text without the blanks and apostrophes that some builds put around it, and of that no more than anybody reads; absent
 * when nothing is left.
 */
export const words = z
  .string()
  .nullish()
  .transform((text) => wordsIn(text ?? ''))
  .optional();

/** A yes or no, as JSON has it or in words; absent when the device leaves it open. */
export const flag = z
  .preprocess((value) => (typeof value === 'string' ? flagIn(value) : (value ?? undefined)), z.boolean().optional())
  .optional();

/** Lower case with colons, whatever the device puts between the digits; absent when they are not twelve. */
export function macIn(text: string | undefined): string | undefined {
  const digits = text?.toLowerCase().replace(/[^0-9a-f]/g, '');
  return digits?.length === 12 ? digits.match(/../g)?.join(':') : undefined;
}

export function present<T>(values: (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}

/** Absent fields instead of undefined ones, as the contract has it. */
export function withoutUndefined<T extends object>(fields: { [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** Tried once, from the start: tried anew from each blank of a long run, it would take the square of its length. */
function wordsIn(text: string): string | undefined {
  return /^[\s']*(.*[^\s'])?/s.exec(text)?.[1]?.slice(0, LONGEST_WORDS);
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
