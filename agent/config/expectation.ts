/** Schema issues in plain words: what was expected there. What was found is added where the value is at hand. */
import type * as z from 'zod';

/** For `safeParse(value, { error: expectation })`. A message that the schema itself gives goes before these. */
export function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${alternatives(issue.values.map(String))}`;
    case 'too_small':
      return lowerBound(issue.origin, Number(issue.minimum), issue.inclusive !== false);
    case 'too_big':
      return upperBound(issue.origin, Number(issue.maximum), issue.inclusive !== false);
    case 'invalid_format':
      return issue.format === 'ends_with' ? `must end in ${issue.suffix}` : `must be written as ${issue.format}`;
    case 'invalid_union':
      return 'has none of the forms allowed here';
    default:
      return 'is not allowed here';
  }
}

/** `a`, `a or b`, `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** A value from a file as a person would call it: `the number 5`, `"abc"`, `a list`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  if (typeof value !== 'string') return `${typeNames[typeof value]?.replace('a ', 'the ') ?? typeof value} ${value}`;
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}...` : value);
}

const LONGEST_QUOTE = 40;

const typeNames: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a section with keys',
  array: 'a list',
};

function lowerBound(origin: string, minimum: number, inclusive: boolean): string {
  if (origin === 'string') return minimum === 1 ? 'must not be empty' : `must have at least ${minimum} letters`;
  if (origin === 'array') return minimum === 1 ? 'must name at least one' : `must name at least ${minimum}`;
  return inclusive ? `must be at least ${minimum}` : `must be more than ${minimum}`;
}

function upperBound(origin: string, maximum: number, inclusive: boolean): string {
  if (origin === 'string') return `must have at most ${maximum} letters`;
  if (origin === 'array') return `must name at most ${maximum}`;
  return inclusive ? `must be at most ${maximum}` : `must be less than ${maximum}`;
}
