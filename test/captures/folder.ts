/**
 * A folder of replies that were recorded from devices: `index.json` lists cases, one a device, each with the files of
 * its replies by command and what a peer's own test expects of them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

export type Case = {
  /** Begins with the peer that published it. */
  readonly id: string;
  /** As the peer calls it; its backend or version where it names one. */
  readonly firmware: string;
  readonly backend: string | undefined;
  /** By `command`, `command:parameter` or path, byte for byte. */
  readonly replies: ReadonlyMap<string, Buffer>;
  /** By the peer's name of the field. */
  readonly expected: Readonly<Record<string, unknown>>;
};

export function readFolder(folder: string): Case[] {
  const index = indexSchema.parse(JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')));
  return index.cases.map(({ id, firmware, backend, responses, expected }) => ({
    id,
    firmware,
    backend,
    replies: new Map(Object.entries(responses).map(([command, file]) => [command, replyIn(join(folder, file))])),
    expected: flat(expected),
  }));
}

const indexSchema = z.looseObject({
  cases: z.array(
    z.looseObject({
      id: z.string(),
      firmware: z.string().default(''),
      backend: z.string().optional(),
      responses: z.record(z.string(), z.string()),
      expected: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});

/** Byte for byte, but where a peer kept only its own parse of an Avalon's status: that is written as a line again. */
function replyIn(path: string): Buffer {
  const bytes = readFileSync(path);
  if (!path.endsWith('_parsed.json')) return bytes;
  const asLine = (key: string, value: unknown) => (/^MM ID\d/.test(key) ? avalonLine(value) : value);
  return Buffer.from(JSON.stringify(JSON.parse(bytes.toString()), asLine));
}

/** `KEY[value] KEY[one two]`, and around it the name of the section that newer firmware wraps it in. */
function avalonLine(status: unknown): unknown {
  if (typeof status !== 'object' || status === null) return status;
  const line = Object.entries(status).map(([key, value]) => {
    if (key === 'STATS') return `'STATS':{${String(avalonLine(value))}}`;
    return `${key}[${Array.isArray(value) ? value.join(' ') : String(value)}]`;
  });
  return line.join(' ');
}

/** pyasic's cases list pairs of a field and a Python literal under `asserts`. */
function flat({ asserts, ...expected }: Record<string, unknown>): Record<string, unknown> {
  const pairs = z.array(z.tuple([z.string(), z.string()])).safeParse(asserts);
  if (!pairs.success) return expected;
  return { ...expected, ...Object.fromEntries(pairs.data.map(([field, literal]) => [field, pythonValue(literal)])) };
}

/** Quoted text, a number, or a list of fans as their speeds; undefined for what only Python can work out. */
function pythonValue(literal: string): unknown {
  if (/^'.*'$/.test(literal)) return literal.slice(1, -1);
  if (literal.startsWith('[Fan(')) return [...literal.matchAll(/speed=(\d+)/g)].map(([, rpm]) => Number(rpm));
  return literal !== '' && Number.isFinite(Number(literal)) ? Number(literal) : undefined;
}
