/** An Innosilicon: a web API with a log-in on TCP 80. Names and types as public clients of it have them. */
import type { Duplex } from 'node:stream';
import type { SimulatorClock } from './clock.ts';
import type { Surroundings } from './physics.ts';
import { PlainMiner } from './plain-miner.ts';
import type { PlainOptions } from './plain-spec.ts';
import { plainSpec } from './plain-spec.ts';
import type { WebReply, WebRequest } from './web.ts';
import { webDoor } from './web.ts';

export type InnosiliconOptions = PlainOptions<'innosilicon'>;

export class InnosiliconMiner extends PlainMiner {
  override readonly kind = 'innosilicon';
  override readonly entry = { adapter: 'innosilicon', password_file: this.passwordFile };
  token = '';
  #logIns = 0;

  constructor(options: InnosiliconOptions, place: number, surroundings: Surroundings) {
    const machine = { port: 80, model: 'T3+', firmware: '2020-03-10', ratedW: 3300, ratedThs: 57, residualW: 30 };
    super(plainSpec(options, place, { code: '10', ...machine, sleepSurvivesReboot: false }), surroundings);
  }

  logIn(): string {
    this.#logIns += 1;
    this.token = `jwt-${this.spec.id}-${this.#logIns}`;
    return this.token;
  }
}

export function innosiliconWeb(miner: InnosiliconMiner, clock: SimulatorClock): (stream: Duplex) => void {
  return webDoor(miner, clock, (request) => answer(request, miner));
}

function answer({ method, path, headers, body }: WebRequest, miner: InnosiliconMiner): WebReply {
  if (miner.faults.lockedOut) return { status: 429, body: 'Too Many Requests' };
  if (method !== 'POST') return { status: 404, body: 'Not Found' };
  if (path === '/api/auth') return logIn(new URLSearchParams(body), miner);
  if (miner.token === '' || headers.authorization !== `Bearer ${miner.token}`) {
    return { body: { success: false, token: 'expired' } };
  }
  switch (path) {
    case '/api/overview':
      return {
        body: {
          success: true,
          type: miner.spec.model,
          version: { ethaddr: miner.saidMac, build_date: miner.spec.firmware },
        },
      };
    case '/api/getAll':
      return { body: { success: true, all: all(miner) } };
    case '/api/getErrorDetail':
      return { body: { success: true, code: '0' } };
    case '/api/reboot':
      miner.obey('reboot', () => miner.reboot());
      return { body: { success: true, message: 'rebooting' } };
  }
  return { body: { success: false, message: 'unknown' } };
}

function logIn(form: URLSearchParams, miner: InnosiliconMiner): WebReply {
  const isRight = form.get('username') === 'admin' && form.get('password') === miner.spec.password;
  return { body: isRight ? { jwt: miner.logIn() } : { message: 'wrong password' } };
}

function all(miner: InnosiliconMiner): object {
  return {
    total_hash: { 'Hash Rate H': miner.hashrateThs * 1e12 },
    power: Math.round(miner.watts()),
    fansSpeed: 60,
    mac: miner.saidMac,
    chain: [{ ASC: 0, 'Temp min': miner.chipC - 10, 'Temp max': miner.chipC }],
  };
}
