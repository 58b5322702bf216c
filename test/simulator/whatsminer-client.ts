/** What a client does on the wire, for the simulator's own tests. */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { md5crypt } from './md5crypt.ts';

export type Reply = Record<string, unknown>;
export type Token = { sign: string; aesKey: Buffer };

/** Opens a new connection to the miner: one command each. */
export type Dial = () => Promise<Duplex>;

/** Sends `text` and returns all that comes until the miner closes. */
export async function exchange(dial: Dial, text: string): Promise<string> {
  const stream = await dial();
  stream.write(text);
  let reply = '';
  for await (const chunk of stream) reply += String(chunk);
  return reply;
}

export async function ask(dial: Dial, command: string): Promise<Reply> {
  return parse(await exchange(dial, JSON.stringify({ cmd: command })));
}

export async function fetchToken(dial: Dial, password: string): Promise<Token> {
  const { Msg } = (await ask(dial, 'get_token')) as { Msg: { time: string; salt: string; newsalt: string } };
  const key = md5crypt(password, Msg.salt);
  return { sign: md5crypt(key + Msg.time, Msg.newsalt), aesKey: createHash('sha256').update(key).digest() };
}

/** Sends an encrypted command; the reply is decrypted when it came so. */
export async function send(dial: Dial, token: Token, command: object): Promise<Reply> {
  const plain = Buffer.from(JSON.stringify({ ...command, token: token.sign }));
  const padded = Buffer.concat([plain, Buffer.alloc((16 - (plain.length % 16)) % 16)]);
  const cipher = createCipheriv('aes-256-ecb', token.aesKey, null).setAutoPadding(false);
  const data = Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
  const reply = parse(await exchange(dial, JSON.stringify({ enc: 1, data })));
  return typeof reply['enc'] === 'string' ? parse(decrypt(reply['enc'], token)) : reply;
}

function decrypt(data: string, { aesKey }: Token): string {
  const decipher = createDecipheriv('aes-256-ecb', aesKey, null).setAutoPadding(false);
  return Buffer.concat([decipher.update(data, 'base64'), decipher.final()]).toString('utf8');
}

function parse(text: string): Reply {
  return JSON.parse(text.replace(/\0+$/, '')) as Reply;
}
