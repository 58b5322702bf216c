/** A YAML file against a schema: either its value, or every problem in it with line, path and plain words. */
import type { Document, Pair } from 'yaml';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { alternatives, describe, expectation } from './expectation.ts';
import { readText } from './files.ts';
import { knownKeys } from './known-keys.ts';
import { nearest, suggest } from './nearest.ts';
import type { Bad, Finding, Problem } from './problem.ts';
import { formatPath } from './problem.ts';

type Path = Finding['path'];

/** The 1-based line where something stands, or of the nearest thing around it that is there. */
export type LineOf = (path: Path) => number;

export type ParsedYaml<T> = { kind: 'ok'; value: T; lineOf: LineOf } | Bad;

/** @param file relative to the working directory, and so named in problems. */
export async function readYamlFile<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<ParsedYaml<z.infer<Schema>>> {
  const read = await readText(file);
  if (read.kind === 'ok') return parseYaml(read.text, file, schema);
  return { kind: 'bad', problems: [{ file, path: '', message: read.message, hint: read.hint }] };
}

/** @param file the name that problems carry; nothing is opened. */
export function parseYaml<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
): ParsedYaml<z.infer<Schema>> {
  const read = readYaml(text, file);
  if (read.kind === 'bad') return read;
  const { content, lineOf } = read;
  const result = schema.safeParse(content, { error: expectation });
  if (result.success) return { kind: 'ok', value: result.data, lineOf };
  const another = whyAnotherFile(content, schema);
  if (another) return { kind: 'bad', problems: [{ file, path: '', ...another }] };
  const problems = result.error.issues
    .flatMap((issue) => problemsOf(issue, { content, schema }))
    .map(({ path, ...rest }): Problem => ({ file, line: lineOf(path), path: formatPath(path), ...rest }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return { kind: 'bad', problems };
}

function readYaml(text: string, file: string): { kind: 'ok'; content: unknown; lineOf: LineOf } | Bad {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const flaws = [...document.errors, ...document.warnings];
  if (flaws.length > 0) {
    const problems = flaws.map(({ pos, message }) => ({
      file,
      line: counter.linePos(pos[0]).line,
      path: '',
      message: withoutQuote(message),
    }));
    return { kind: 'bad', problems };
  }
  try {
    return { kind: 'ok', content: document.toJS() ?? {}, lineOf: (path) => lineIn(document, counter, path) };
  } catch (error) {
    // An alias without its anchor, or aliases that unfold without end, only show here.
    return { kind: 'bad', problems: [{ file, path: '', message: withoutQuote((error as Error).message) }] };
  }
}

/** The parser's words behind its own colon are the file's own, and the file may be another one, such as a key. */
function withoutQuote(message: string): string {
  return message.split(/(?<=[a-z)]): | %/)[0] ?? message;
}

/** Why the file was not meant: of one that was named by mistake nothing is told, it may hold secrets. */
function whyAnotherFile(content: unknown, schema: z.ZodType): Pick<Problem, 'message' | 'hint'> | undefined {
  const known = knownKeys(schema, [], content);
  if (known.length === 0) return undefined;
  const hint = `name the right file: ${alternatives(known.slice(0, 3))} would stand in it`;
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    return { message: 'holds no sections with keys', hint };
  const keys = Object.keys(content);
  if (keys.length === 0 || keys.some((key) => known.includes(key) || nearest(key, known) !== undefined))
    return undefined;
  return { message: 'has no key that belongs there', hint };
}

type Context = { content: unknown; schema: z.ZodType };

function problemsOf(issue: z.core.$ZodIssue, context: Context): Finding[] {
  const { path } = issue;
  const value = valueAt(context.content, path);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(context.schema, path, context.content);
    return issue.keys.map((key) => ({ path: [...path, key], message: 'unknown key', hint: suggest(key, known) }));
  }
  if (issue.code === 'invalid_union') {
    const { options } = issue as { options?: unknown[] };
    if (options) return [unknownChoice(path, value, options.map(String))];
    return unionProblems(issue, context);
  }
  if (issue.code === 'invalid_value' && typeof value === 'string' && issue.values.length > 1) {
    return [unknownChoice(path, value, issue.values.map(String))];
  }
  if (value === undefined) return [{ path, message: 'is missing', hint: `it ${issue.message}` }];
  const found = { path, message: `${issue.message}, found ${describe(value)}` };
  const unquoted = issue.code === 'invalid_type' && issue.expected === 'string' && typeof value !== 'object';
  return [unquoted ? { ...found, hint: 'put it in quotes' } : found];
}

/** The forms that got past the outermost type know best what is wrong; without one, all forms are named. */
function unionProblems(issue: z.core.$ZodIssueInvalidUnion, context: Context): Finding[] {
  const deeper = issue.errors.find((branch) => branch.every(({ path }) => path.length > 0));
  if (deeper) return deeper.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, context));
  const wanted = issue.errors.flatMap((branch) => branch.map(({ message }) => message.replace(/^must be /, '')));
  const found = describe(valueAt(context.content, issue.path));
  return [{ path: issue.path, message: `must be ${alternatives([...new Set(wanted)])}, found ${found}` }];
}

function unknownChoice(path: Path, value: unknown, known: readonly string[]): Finding {
  if (value === undefined) return { path, message: 'is missing', hint: `it must be ${alternatives(known)}` };
  return { path, message: `unknown: ${describe(value)}`, hint: suggest(String(value), known) };
}

function valueAt(content: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step], content);
}

function lineIn(document: Document, counter: LineCounter, path: Path): number {
  let node: unknown = document.contents;
  let offset = rangeStart(node) ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) break;
      offset = rangeStart(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = rangeStart(node) ?? offset;
    } else break;
  }
  return counter.linePos(offset).line;
}

function rangeStart(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
