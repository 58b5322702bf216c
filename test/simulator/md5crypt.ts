/**
 * The `$1$` password hash of the Unix crypt function, which WhatsMiner firmware makes its API keys with. Written from
 * the algorithm and apart from the adapter's, so that one mistake cannot hide in both.
 */
import { createHash } from 'node:crypto';

/** The hash part alone, 22 characters: what `openssl passwd -1 -salt SALT` prints after the last `$`. */
export function md5crypt(password: string, salt: string): string {
  const key = Buffer.from(password);
  const seasoning = Buffer.from(salt.slice(0, 8));
  let digest = md5(firstInput(key, seasoning));
  for (let round = 0; round < 1000; round++) digest = md5(roundInput(round, key, seasoning, digest));
  return toBase64(digest);
}

function firstInput(key: Buffer, salt: Buffer): Buffer {
  const inner = md5(Buffer.concat([key, salt, key]));
  const parts = [key, Buffer.from('$1$'), salt];
  for (let left = key.length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(16, left)));
  // For each bit of the length from the lowest: a zero byte for 1, the first byte of the password for 0.
  for (let bits = key.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? Buffer.from([0]) : key.subarray(0, 1));
  return Buffer.concat(parts);
}

function roundInput(round: number, key: Buffer, salt: Buffer, digest: Buffer): Buffer {
  const odd = round % 2 === 1;
  const parts = [odd ? key : digest];
  if (round % 3 !== 0) parts.push(salt);
  if (round % 7 !== 0) parts.push(key);
  parts.push(odd ? digest : key);
  return Buffer.concat(parts);
}

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Crypt's own order of bytes: three at a time, six bits a character from the lowest. */
function toBase64(digest: Buffer): string {
  const byte = (index: number) => digest.readUInt8(index);
  const triples = [0, 1, 2, 3].map((i) => ({ bits: (byte(i) << 16) | (byte(i + 6) << 8) | byte(i + 12), length: 4 }));
  triples.push({ bits: (byte(4) << 16) | (byte(10) << 8) | byte(5), length: 4 }, { bits: byte(11), length: 2 });
  return triples.map(({ bits, length }) => characters(bits, length)).join('');
}

function characters(bits: number, length: number): string {
  return Array.from({ length }, (_, index) => ALPHABET.charAt((bits >> (6 * index)) & 0x3f)).join('');
}

function md5(data: Buffer): Buffer {
  return createHash('md5').update(data).digest();
}
