/**
 * JSON as miners write it. Strict parsing comes first; only a text that fails it is repaired, one known defect after
 * the other, until it parses. Each repair is named, since a reply that needed one deserves less trust.
 */
import { parseJson } from '#protocol/json.ts';
import { AdapterError } from '../errors.ts';

export type Repaired = {
  value: unknown;
  /** Names of the repairs that changed the text, in order. */
  repairs: string[];
};

/** Throws `AdapterError('malformed')` when no repair helps. */
export function parseCgminerJson(text: string): Repaired {
  const strict = parseJson(text);
  if (strict !== undefined) return { value: strict, repairs: [] };
  const repairs: string[] = [];
  let repaired = text;
  for (const [name, repair] of defects) {
    const next = repair(repaired);
    if (next === repaired) continue;
    repaired = next;
    repairs.push(name);
    const value = parseJson(repaired);
    if (value !== undefined) return { value, repairs };
  }
  throw new AdapterError('malformed', `not JSON, not even after repairs: ${JSON.stringify(text.slice(0, 80))}`);
}

/** The defects seen in the field, in the order in which their repairs build on each other. */
const defects: [name: string, repair: (text: string) => string][] = [
  ['nul', (text) => text.replaceAll('\0', '')],
  ['comma before a closing bracket', (text) => outsideStrings(text, (code) => code.replace(/,\s*([}\]])/g, '$1'))],
  // A raw line break inside a string; between tokens dropping it does no harm.
  ['line break', (text) => text.replace(/[\r\n]/g, '')],
  ['no comma between objects', (text) => outsideStrings(text, (code) => code.replace(/\}\s*\{/g, '},{'))],
  ['comma after an opening bracket', (text) => outsideStrings(text, (code) => code.replace(/([[{])\s*,/g, '$1'))],
  // Antminer's bmminer forgets the end of the string and the comma before its first temperature.
  ['no comma before temp0', (text) => text.replaceAll('""temp0', '","temp0')],
  // Avalon and others print C's floats. They are missing readings, never 0.
  ['inf or nan', (text) => outsideStrings(text, (code) => code.replace(/[+-]?\b(?:inf(?:inity)?|nan)\b/gi, 'null'))],
  ['no opening brace', (text) => text.replace(/^\s*,/, '{')],
  // btminer's send buffer overflows on hundreds of faults: what came whole is kept.
  ['cut tail', closeCutTail],
  // WhatsMiner API 2.0.4 writes a map in square brackets.
  ['map written as a list', (text) => text.replace(/("error_code"\s*:\s*)\[([^[\]]*)\]/g, mapInBraces)],
  ['escaped apostrophe', (text) => text.replaceAll("\\'", "'")],
];

function mapInBraces(list: string, key: string, inside: string): string {
  return inside.includes('":') ? `${key}{${inside}}` : list;
}

/** Drops the last, cut element and closes what is then open. A text whose brackets are balanced stays as it is. */
function closeCutTail(text: string): string {
  const whole = scan(text);
  if (whole.open.length === 0 || whole.lastComma === undefined) return text;
  const kept = text.slice(0, whole.lastComma);
  return kept + scan(kept).open.toReversed().join('');
}

/** The closing brackets that are still missing, outermost first, and where the last comma stands. */
function scan(text: string): { open: string[]; lastComma: number | undefined } {
  const open: string[] = [];
  let lastComma: number | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at) - 1;
    else if (char === '{') open.push('}');
    else if (char === '[') open.push(']');
    else if (char === '}' || char === ']') open.pop();
    else if (char === ',') lastComma = at;
  }
  return { open, lastComma };
}

function outsideStrings(text: string, edit: (code: string) => string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const codeEnd = quote < 0 ? text.length : quote;
    const stringEnd = quote < 0 ? text.length : endOfString(text, quote);
    parts.push(edit(text.slice(at, codeEnd)), text.slice(codeEnd, stringEnd));
    at = stringEnd;
  }
  return parts.join('');
}

/** Just behind the quote that closes the string opened at `quote`; the end of the text when none does. */
function endOfString(text: string, quote: number): number {
  for (let at = quote + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}
