/**
 * An Auradine with FluxOS: a web API with tokens on TCP 8080, cgminer's socket on 4028. Names and types as in the maker's
 * sample replies; what is wrong with a token is worded nowhere.
 */
import type { Duplex } from 'node:stream';
import { parseObject, serveCgminer } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { Surroundings } from './physics.ts';
import { PlainMiner } from './plain-miner.ts';
import type { PlainOptions } from './plain-spec.ts';
import { plainSpec } from './plain-spec.ts';
import type { WebReply, WebRequest } from './web.ts';
import { webDoor } from './web.ts';

export type AuradineOptions = PlainOptions<'auradine'>;

/** Of cgminer's socket. */
export const GCMINER_PORT = 4028;

export class AuradineMiner extends PlainMiner {
  override readonly kind = 'auradine';
  override readonly entry = { adapter: 'auradine', password_file: this.passwordFile };
  /** The one that counts; empty when nobody has logged in since the start. */
  token = '';
  #logIns = 0;

  constructor(options: AuradineOptions, place: number, surroundings: Surroundings) {
    const machine = { port: 8080, model: 'AT2880', firmware: '2024-06.11', ratedW: 3300, ratedThs: 185, residualW: 59 };
    super(plainSpec(options, place, { code: 'ad', ...machine, sleepSurvivesReboot: true }), surroundings);
  }

  logIn(): string {
    this.#logIns += 1;
    this.token = `token-${this.spec.id}-${this.#logIns}`;
    return this.token;
  }

  override reboot(): void {
    this.token = '';
    super.reboot();
  }
}

export function auradineWeb(miner: AuradineMiner, clock: SimulatorClock): (stream: Duplex) => void {
  return webDoor(miner, clock, (request, when) => answer(request, miner, when));
}

export function serveGcminer(miner: AuradineMiner, clock: SimulatorClock, stream: Duplex): void {
  serveCgminer(miner, clock, stream, (text, when) => {
    const command = parseObject(text)?.['command'];
    if (command === 'version')
      return JSON.stringify(reply(when, 22, 'GCMiner versions', { VERSION: [{ API: '1.0', GCMiner: '0.5' }] }));
    if (command === 'summary') return JSON.stringify(reply(when, 11, 'Summary', { SUMMARY: [summary(miner)] }));
    return JSON.stringify(failure(when, 14, 'Invalid command'));
  });
}

function answer({ method, path, headers, body }: WebRequest, miner: AuradineMiner, when: number): WebReply {
  const given = parseObject(body) ?? {};
  if (miner.faults.lockedOut) return { status: 429, body: 'Too Many Requests' };
  if (path === '/token') return { body: logIn(given, miner, when) };
  if (miner.token === '' || headers['token'] !== miner.token) return { body: failure(when, 45, 'Invalid token') };
  const command = path.slice(1);
  if (method === 'GET') return { body: read(command, miner, when) ?? failure(when, 14, 'Invalid command') };
  if (given['command'] !== command) return { body: failure(when, 24, 'Missing command') };
  const done = write(command, given, miner);
  return { body: done ? reply(when, 540, `${command} set`, {}) : failure(when, 400, `${command} failed`) };
}

function logIn({ user, password }: Record<string, unknown>, miner: AuradineMiner, when: number): object {
  if (user !== 'admin' || password !== miner.spec.password) return failure(when, 45, 'Invalid user or password');
  return reply(when, 700, 'Token', { Token: [{ Token: miner.logIn() }] });
}

function read(command: string, miner: AuradineMiner, when: number): object | undefined {
  const { spec } = miner;
  const sections: Record<string, object> = {
    ipreport: {
      IPReport: [
        { model: spec.model, version: spec.firmware, mac: miner.saidMac, SerialNo: spec.serial, hostname: spec.id },
      ],
    },
    mode: { Mode: [{ Mode: 'normal', Sleep: miner.resting ? 'on' : 'off', Ths: spec.ratedThs }] },
    psu: { PSU: [{ PowerIn: `${miner.watts().toFixed(2)}W`, PowerOut: `${(miner.watts() * 0.95).toFixed(2)}W` }] },
    temperature: {
      Temperature: [
        { ID: 1, Name: 'Hash Board 1', BoardTemp: sensor(miner.chipC - 15), ChipTemp: sensor(miner.chipC) },
      ],
    },
    fan: { Fan: [1, 2].map((ID) => ({ ID, Max: 7700, Speed: miner.fanRpm })) },
  };
  const section = sections[command];
  return section && reply(when, 500, command, section);
}

function sensor(degrees: number): object[] {
  return [{ ID: 0, Temperature: degrees }];
}

function write(command: string, given: Record<string, unknown>, miner: AuradineMiner): 'done' | undefined {
  if (command === 'mode' && given['sleep'] === 'on') return miner.obey('sleep on', () => miner.powerOff(), true);
  if (command === 'mode' && given['sleep'] === 'off') return miner.obey('sleep off', () => miner.powerOn());
  if (command === 'restart') return miner.obey('restart', () => miner.reboot());
  if (command !== 'led') return undefined;
  return miner.obey(`led ${given['code']}`, () => {
    miner.blinking = given['code'] === 3;
  });
}

function summary(miner: AuradineMiner): object {
  const rate = miner.hashrateThs * 1e6;
  return { 'MHS 5s': rate, 'MHS 1m': rate, 'MHS av': rate, Elapsed: Math.floor(miner.miningS) };
}

function reply(when: number, code: number, words: string, sections: object): object {
  return {
    STATUS: [{ STATUS: 'S', When: when, Code: code, Msg: words, Description: 'FluxOS-2024-06.11' }],
    ...sections,
    id: 1,
  };
}

function failure(when: number, code: number, words: string): object {
  return { STATUS: [{ STATUS: 'E', When: when, Code: code, Msg: words, Description: 'FluxOS-2024-06.11' }], id: 1 };
}
