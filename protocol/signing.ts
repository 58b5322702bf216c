/**
 * Signatures on orders, commands and what a rack swears to. Only the bytes are made here; who checks them differs:
 * node:crypto in the agent, WebCrypto in a browser.
 */
import * as z from 'zod';
import { canonicalBytes } from './canonical.ts';
import { name } from './ids.ts';

export const signature = z.strictObject({
  alg: z.literal('Ed25519'),
  /** Names the key; belongs to one issuer or rack. */
  kid: name,
  /** base64url without padding over the RFC 8785 form of the message without `signature`. */
  value: z.string().regex(/^[A-Za-z0-9_-]{86}$/, 'must be 64 bytes as base64url'),
});

export type Signature = z.infer<typeof signature>;

/** The 64-byte Ed25519 signature of `bytes`. */
export type Sign = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** The bytes a signature covers: the message as received, minus `signature` itself. */
export function bytesToSign(message: object): Uint8Array {
  const { signature: _signature, ...rest } = message as Record<string, unknown>;
  return canonicalBytes(rest);
}

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

export function fromBase64Url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}

/** The message with its signature added. */
export async function signMessage<T extends object>(
  message: T,
  kid: string,
  sign: Sign,
): Promise<T & { signature: Signature }> {
  const value = toBase64Url(await sign(bytesToSign(message)));
  return { ...message, signature: { alg: 'Ed25519', kid, value } };
}
