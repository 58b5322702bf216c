/**
 * A process of its own: many WhatsMiners on loopback that speak API v2 and have no physics. The moment a request comes
 * in is taken before anything else is done about it; what it said is found out once the reply is due.
 *
 *   node miners.ts COUNT
 */
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Millis } from '#protocol/units.ts';
import { parseObject } from '#test/simulator/cgminer.ts';
import { TokenDesk } from '#test/simulator/whatsminer-tokens.ts';
import { moment } from './moment.ts';

export const PASSWORD = 'simulated';

/** What a healthy miner takes to answer. */
const REPLY_MS: Millis = 50;

export type FromMiners =
  | { readonly kind: 'listening'; readonly miners: readonly { readonly port: number; readonly mac: string }[] }
  /** Every miner has been told to do this; when each heard it first, on the machine's monotonic clock. */
  | { readonly kind: 'told'; readonly command: WriteCommand; readonly moments: readonly Millis[] };

export type WriteCommand = 'power_off' | 'power_on';

class LightMiner {
  readonly mac: string;
  readonly #tokens: TokenDesk;
  readonly #written: (command: string, at: Millis) => void;
  #asleep = false;

  constructor(place: number, written: (command: string, at: Millis) => void) {
    const hex = place.toString(16).padStart(4, '0');
    this.mac = `02:5a:11:a5:${hex.slice(0, 2)}:${hex.slice(2)}`;
    this.#tokens = new TokenDesk({ password: PASSWORD, serial: hex }, clock);
    this.#written = written;
  }

  serve(socket: Socket): void {
    socket.on('error', () => {});
    socket.once('data', (request) => {
      const at = moment();
      setTimeout(() => socket.end(`${JSON.stringify(this.#answer(request.toString(), at))}\0`), REPLY_MS);
    });
  }

  #answer(text: string, at: Millis): object {
    const request = parseObject(text) ?? {};
    if (request['enc'] === 1) return this.#write(String(request['data']), at);
    const command = String(request['command'] ?? request['cmd']);
    if (command === 'get_token') return said(134, this.#tokens.issue());
    const body = this.#reads()[command];
    return body ? said(131, body) : { STATUS: 'E', Code: 14, Msg: 'invalid cmd' };
  }

  #write(data: string, at: Millis): object {
    const request = parseObject(this.#tokens.decrypt(data)) ?? {};
    if (!this.#tokens.accepts(request['token'])) return { STATUS: 'E', Code: 135, Msg: 'check token error' };
    const command = String(request['cmd']);
    this.#asleep = command === 'power_off';
    this.#written(command, at);
    return { enc: this.#tokens.encrypt(JSON.stringify(said(131, 'API command OK'))) };
  }

  #reads(): Record<string, object> {
    return {
      get_version: { api_ver: '2.0.5', fw_ver: '20240315.12.REL', platform: 'H616', miner_type: 'M50S_VH50' },
      get_miner_info: { ip: '127.0.0.1', mac: this.mac, hostname: 'WhatsMiner', minersn: this.mac.replaceAll(':', '') },
      status: { mineroff: String(this.#asleep), power_mode: 'normal', power_pct: 100 },
      summary: { Power: this.#asleep ? 20 : 3400, 'Factory GHS': 126_000, 'Error Code Count': 0, Uptime: 86_400 },
    };
  }
}

const clock = { wall: () => Date.now(), monotonic: moment, sleep: () => Promise.resolve() };

function said(code: number, body: unknown): object {
  return { STATUS: 'S', When: 0, Code: code, Msg: body, Description: '' };
}

/** Collects who has been told what, and says so once everyone has. */
class Roll {
  readonly #size: number;
  readonly #moments = new Map<string, Map<number, Millis>>();

  constructor(size: number) {
    this.#size = size;
  }

  note(command: string, miner: number, at: Millis): void {
    const moments = this.#moments.get(command) ?? new Map<number, Millis>();
    this.#moments.set(command, moments);
    if (!moments.has(miner)) moments.set(miner, at);
    if (moments.size < this.#size) return;
    this.#moments.delete(command);
    tell({ kind: 'told', command: command as WriteCommand, moments: [...moments.values()] });
  }
}

function tell(message: FromMiners): void {
  process.send?.(message);
}

async function listen(miner: LightMiner): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => miner.serve(socket));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}

if (import.meta.main) {
  const count = Number(process.argv[2]);
  const roll = new Roll(count);
  const miners = Array.from({ length: count }, (_, i) => new LightMiner(i, (command, at) => roll.note(command, i, at)));
  const ports = await Promise.all(miners.map(listen));
  process.once('disconnect', () => process.exit());
  tell({ kind: 'listening', miners: miners.map(({ mac }, i) => ({ mac, port: ports[i] ?? 0 })) });
}
