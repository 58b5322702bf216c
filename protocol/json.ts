/** JSON of strangers: what is none is `undefined`, not an exception. */

/** undefined for bytes that are not UTF-8 or not JSON. */
export function parseJson(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch {
    return undefined;
  }
}
