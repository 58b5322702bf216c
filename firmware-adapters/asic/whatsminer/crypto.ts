/**
 * How WhatsMiner's API v2 signs and seals write commands. The key is the digest of md5crypt over the password and the
 * device's salt; the sign is md5crypt over key and time with the second salt; the command is sealed with AES-256-ECB
 * under SHA-256 of the key. Weak by today's measure (ECB has no nonce, MD5 is fast), but what the device speaks.
 */
import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createHash, createSecretKey, hash } from 'node:crypto';
import { AdapterError } from '../../errors.ts';

/** What `get_token` hands out. */
export type Challenge = { time: string; salt: string; newsalt: string };

/** What proves a command ours, for 30 minutes. */
export type Token = { sign: string; aesKey: KeyObject };

/** Turns challenges into tokens. Keeps the key of the last salt, which a device changes only with its password. */
export class Keyring {
  readonly #password: string;
  #last: { salt: string; key: string } | undefined;

  constructor(password: string) {
    this.#password = password;
  }

  token(challenge: Challenge): Token {
    const key = this.#key(challenge.salt);
    return {
      // The device signs with the last four digits of the time only.
      sign: md5crypt(key + challenge.time.slice(-4), challenge.newsalt),
      // As bytes it would be made a key object at every use, which takes four times as long as sealing.
      aesKey: createSecretKey(createHash('sha256').update(key).digest()),
    };
  }

  #key(salt: string): string {
    if (this.#last?.salt !== salt) this.#last = { salt, key: md5crypt(this.#password, salt) };
    return this.#last.key;
  }
}

export type Sealed = { enc: 1; data: string };

/** The request that carries `command` so that only the device reads it. */
export function seal(command: object, token: Token): Sealed {
  const plain = Buffer.from(JSON.stringify({ ...command, token: token.sign }));
  const padded = Buffer.concat([plain, Buffer.alloc((16 - (plain.length % 16)) % 16)]);
  const cipher = createCipheriv('aes-256-ecb', token.aesKey, null).setAutoPadding(false);
  return { enc: 1, data: Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64') };
}

/** The JSON of a sealed reply. Throws `AdapterError('malformed')` when it is not whole blocks. */
export function unseal(sealed: string, token: Token): string {
  try {
    const decipher = createDecipheriv('aes-256-ecb', token.aesKey, null).setAutoPadding(false);
    const padded = Buffer.concat([decipher.update(sealed, 'base64'), decipher.final()]).toString();
    // Firmware pads with NULs or as PKCS#7 says; the object ends before either.
    return padded.slice(0, padded.lastIndexOf('}') + 1);
  } catch (cause) {
    throw new AdapterError('malformed', 'the sealed reply is cut: not a whole number of AES blocks', { cause });
  }
}

/**
 * The digest part of crypt(3) with `$1$`: 22 characters. At most 8 characters of the salt count.
 * One call is 1,000 MD5 rounds, 0.9 ms with node:crypto's one-shot hash (a pure JavaScript MD5 took 1.5 ms).
 */
export function md5crypt(password: string, salt: string): string {
  const pw = Buffer.from(password);
  const s = Buffer.from(salt.slice(0, 8));
  let digest = firstDigest(pw, s);
  for (let round = 0; round < 1000; round++) {
    const parts = [round % 2 ? pw : digest];
    if (round % 3) parts.push(s);
    if (round % 7) parts.push(pw);
    parts.push(round % 2 ? digest : pw);
    digest = md5(parts);
  }
  return encode(digest);
}

function firstDigest(pw: Buffer, salt: Buffer): Buffer {
  const inner = md5([pw, salt, pw]);
  const parts = [pw, Buffer.from('$1$'), salt];
  for (let left = pw.length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(left, 16)));
  // For each bit of the length a NUL or the password's first byte: an accident of the first version, kept by all.
  for (let bits = pw.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? Buffer.of(0) : pw.subarray(0, 1));
  return md5(parts);
}

function md5(parts: Buffer[]): Buffer {
  return hash('md5', Buffer.concat(parts), 'buffer');
}

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** crypt(3)'s own base 64: three bytes in this order at a time, the lowest six bits first. */
function encode(digest: Buffer): string {
  const byte = (index: number) => digest[index] ?? 0;
  const triple = (high: number, middle: number, low: number) =>
    base64((byte(high) << 16) | (byte(middle) << 8) | byte(low), 4);
  return (
    triple(0, 6, 12) + triple(1, 7, 13) + triple(2, 8, 14) + triple(3, 9, 15) + triple(4, 10, 5) + base64(byte(11), 2)
  );
}

function base64(bits: number, characters: number): string {
  let text = '';
  for (let index = 0; index < characters; index++) text += ALPHABET[(bits >> (6 * index)) & 63];
  return text;
}
