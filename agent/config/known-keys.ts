/** Which keys a schema knows at a place in a file, read from its JSON Schema. */
import * as z from 'zod';

type Node = {
  const?: unknown;
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
  oneOf?: Node[];
  allOf?: Node[];
};

/**
 * The keys allowed in the section at `path`. `value` is the whole file's content: where a section has several forms,
 * only those count whose fixed keys (such as `adapter`) are as in the file.
 */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;
  let nodes = forms(root, value);
  let here = value;
  for (const step of path) {
    here = (here as Record<PropertyKey, unknown> | undefined)?.[step];
    const below = nodes.map((node) => (typeof step === 'number' ? node.items : node.properties?.[String(step)]));
    nodes = below.filter((node) => node !== undefined).flatMap((node) => forms(node, here));
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

function forms(node: Node, value: unknown): Node[] {
  const choices = node.anyOf ?? node.oneOf ?? node.allOf;
  if (!choices) return fits(node, value) ? [node] : [];
  return choices.flatMap((choice) => forms(choice, value));
}

function fits(node: Node, value: unknown): boolean {
  const found = value as Record<string, unknown> | undefined;
  return Object.entries(node.properties ?? {}).every(
    ([key, child]) => child.const === undefined || found?.[key] === undefined || found[key] === child.const,
  );
}
