/** The keys and tokens of WhatsMiner's write API, as the miner keeps them. */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { Millis } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import { md5crypt } from './md5crypt.ts';
import { hash } from './noise.ts';

/** API manual 2.0.5: a token lives 30 minutes, and one client gets at most 32. */
const LIFE_MS: Millis = 30 * 60_000;
const AT_MOST = 32;

/** What get_token answers. */
export type TokenOffer = { time: string; salt: string; newsalt: string };

export class TokenDesk {
  #clock: SimulatorClock;
  #password: string;
  #salt: string;
  #serial: string;
  #issued = 0;
  #key: string | undefined;
  /** Signature to the moment it ends. */
  #tokens = new Map<string, Millis>();

  constructor({ password, serial }: { password: string; serial: string }, clock: SimulatorClock) {
    this.#clock = clock;
    this.#password = password;
    this.#serial = serial;
    this.#salt = saltFrom(serial);
  }

  /** Undefined when the client holds too many already. */
  issue(): TokenOffer | undefined {
    this.#dropExpired();
    if (this.#tokens.size >= AT_MOST) return undefined;
    this.#issued += 1;
    const newsalt = saltFrom(`${this.#serial}/${this.#issued}`);
    const time = String(Math.floor(this.#clock.wall() / 1000)).slice(-4);
    this.#tokens.set(md5crypt(this.#passwordKey() + time, newsalt), this.#clock.monotonic() + LIFE_MS);
    return { time, salt: this.#salt, newsalt };
  }

  accepts(signature: unknown): boolean {
    this.#dropExpired();
    return typeof signature === 'string' && this.#tokens.has(signature);
  }

  /** As after a reboot: every token handed out is void. */
  forget(): void {
    this.#tokens.clear();
  }

  /** What nobody may write down: the key that stands for the password, and every token in force. */
  secrets(): string[] {
    this.#dropExpired();
    return [this.#passwordKey(), ...this.#tokens.keys()];
  }

  /** The text within base64 of AES-256-ECB, padded with zeros or by PKCS#7; garbage when the key differs. */
  decrypt(data: string): string {
    const decipher = createDecipheriv('aes-256-ecb', this.#cipherKey(), null).setAutoPadding(false);
    const bytes = Buffer.from(data, 'base64');
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 16));
    const text = Buffer.concat([decipher.update(whole), decipher.final()]).toString('utf8');
    // Commands are JSON objects, so that everything after the last brace is padding.
    return text.slice(0, text.lastIndexOf('}') + 1);
  }

  encrypt(text: string): string {
    const bytes = Buffer.from(text);
    const padded = Buffer.concat([bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16)]);
    const cipher = createCipheriv('aes-256-ecb', this.#cipherKey(), null).setAutoPadding(false);
    return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
  }

  #passwordKey(): string {
    this.#key ??= md5crypt(this.#password, this.#salt);
    return this.#key;
  }

  #cipherKey(): Buffer {
    return createHash('sha256').update(this.#passwordKey()).digest();
  }

  #dropExpired(): void {
    const nowMs = this.#clock.monotonic();
    for (const [signature, endsMs] of this.#tokens) if (endsMs <= nowMs) this.#tokens.delete(signature);
  }
}

/** Eight characters that are the same in every run. */
function saltFrom(text: string): string {
  return `${hash(text).toString(36)}${hash(`${text}/salt`).toString(36)}`.padEnd(8, '0').slice(0, 8);
}
