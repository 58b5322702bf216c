/** The JSON Schemas of every payload, from the map of topics: for those who speak the wire in other languages. */
import * as z from 'zod';
import { topics } from '#protocol/topics.ts';

/** File name to text, the same for the same schemas. Topics that carry one kind of payload share a file. */
export function schemaFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const schema of new Set(Object.values(topics).map((topic) => topic.schema))) {
    const carriers = Object.entries(topics).filter(([, topic]) => topic.schema === schema);
    const [first] = carriers.map(([name]) => name);
    const name = carriers.length > 1 ? 'order' : first;
    const description = carriers.map(([, { path, retained }]) => `${path}${retained ? ', retained' : ''}`).join('; ');
    const json = { ...z.toJSONSchema(schema, { io: 'input' }), title: `Ballast v1 ${name}`, description };
    files.set(`${name}.json`, `${JSON.stringify(sorted(json), null, 2)}\n`);
  }
  return files;
}

/** Keys in the order of the alphabet, so that only a change of meaning changes a file. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, sorted(each)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
