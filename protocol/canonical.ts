/** The one byte form of a JSON value, by RFC 8785: what is signed and what digests are taken of. */
import canonicalize from 'canonicalize';

/** @throws TypeError for values JSON cannot carry: undefined, functions, NaN, lone surrogates. */
export function canonicalBytes(value: unknown): Uint8Array {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return new TextEncoder().encode(text);
}
