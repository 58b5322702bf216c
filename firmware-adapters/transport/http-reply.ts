/** Replies of devices with a web interface: a status, and a body that should be JSON. */
import * as z from 'zod';
import { parseJson } from '#protocol/json.ts';
import type { AdapterErrorKind } from '../errors.ts';
import { AdapterError } from '../errors.ts';
import { parseCgminerJson } from './cgminer-json.ts';
import type { HttpReply } from './http.ts';

export type HttpJson = {
  value: unknown;
  /** How many repairs the text needed. */
  repairs: number;
};

/** What statuses mean where a firmware gives them a meaning of its own. */
export type StatusMeanings = Readonly<Record<number, readonly [kind: AdapterErrorKind, meaning: string]>>;

/**
 * The body of a reply that says yes. Throws what `accepted` throws, and `malformed` for what is not JSON, an HTML page
 * in its place named as such. `what` names the request in errors.
 */
export function jsonOf(what: string, reply: HttpReply, meanings: StatusMeanings = {}): HttpJson {
  const { text } = acceptedReply(what, reply, meanings);
  if (/^\s*</.test(text)) throw new AdapterError('malformed', `${what} was answered with ${page(text)}, not with JSON`);
  const { value, repairs } = parseCgminerJson(text);
  return { value, repairs: repairs.length };
}

/** The reply itself when its status says yes. Throws by its status, with the device's own words, when it says no. */
export function acceptedReply(what: string, reply: HttpReply, meanings: StatusMeanings = {}): HttpReply {
  const { status, text } = reply;
  if (status >= 200 && status < 300) return reply;
  const [kind, meaning] = meanings[status] ?? usual[status] ?? ['refused', 'a status this adapter does not know'];
  const said = wordsOf(text);
  const words = said === '' ? '' : `, "${said}"`;
  throw new AdapterError(kind, `the device answered ${what} with status ${status}${words}: ${meaning}`, {
    code: status,
  });
}

const usual: StatusMeanings = {
  401: ['unauthorised', 'it does not accept our credentials'],
  403: ['unauthorised', 'it does not allow this to us'],
  404: ['unsupported', 'this firmware does not know the request'],
  405: ['unsupported', 'this firmware does not know the request'],
  429: ['refused', 'it has locked us out for a while'],
  501: ['unsupported', 'this firmware does not know the request'],
  500: ['refused', 'it failed to carry the request out'],
  502: ['refused', 'its web server runs, but its mining software does not answer'],
  503: ['refused', 'it is busy or starting'],
};

/** Characters. */
const LONGEST_WORDS = 200;

const complaint = z.looseObject({
  error: z.unknown().optional(),
  err: z.unknown().optional(),
  message: z.unknown().optional(),
  msg: z.unknown().optional(),
});

/** The device's own words about a refusal, from the fields in which firmwares put them, or the text as it is. */
function wordsOf(text: string): string {
  if (/^\s*</.test(text)) return page(text);
  const said = complaint.safeParse(parseJson(text)).data;
  const words = [said?.message, said?.error, said?.err, said?.msg].find((each) => typeof each === 'string') ?? text;
  return String(words).trim().slice(0, LONGEST_WORDS);
}

/** A web page by its title. */
function page(text: string): string {
  const start = text.toLowerCase().indexOf('<title>');
  const title = start < 0 ? '' : (text.slice(start + 7, start + 7 + LONGEST_WORDS).split('<')[0] ?? '').trim();
  return title === '' ? 'a web page' : `the web page "${title}"`;
}
