/** A Goldshell box: a web API with a log-in on TCP 80. Names and types as public clients of it have them. */
import { createDecipheriv } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { parseObject } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { Surroundings } from './physics.ts';
import { PlainMiner } from './plain-miner.ts';
import type { PlainOptions } from './plain-spec.ts';
import { plainSpec } from './plain-spec.ts';
import type { WebReply, WebRequest } from './web.ts';
import { webDoor } from './web.ts';

export type GoldshellOptions = PlainOptions<'goldshell'> & {
  /** Whether it takes a password only under its cipher, as newer firmware does. */
  ciphers?: boolean;
  /** Levels of its power plans; 3 is the one for sleep. */
  plans?: readonly number[];
};

export class GoldshellMiner extends PlainMiner {
  override readonly kind = 'goldshell';
  override readonly entry = { adapter: 'goldshell', password_file: this.passwordFile };
  readonly ciphers: boolean;
  readonly plans: readonly number[];
  /** Which of the plans is in force. */
  select = 0;
  /** Answers the next requests with a 401 that means nothing. */
  falseRefusals = 0;
  token = '';

  constructor(
    { ciphers = true, plans = [0, 1, 3], ...options }: GoldshellOptions,
    place: number,
    surroundings: Surroundings,
  ) {
    const machine = { port: 80, model: 'Goldshell-SCBOX', firmware: '2.2.0', ratedW: 2400, ratedThs: 5, residualW: 30 };
    super(plainSpec(options, place, { code: '60', ...machine, sleepSurvivesReboot: true }), surroundings);
    this.ciphers = ciphers;
    this.plans = plans;
    if (this.spec.asleep) this.select = plans.indexOf(3);
  }

  choose(select: number): void {
    this.select = select;
    if (this.plans[select] === 3) super.powerOff();
    else super.powerOn();
  }

  override powerOff(): void {
    this.choose(this.plans.indexOf(3));
  }

  override powerOn(): void {
    this.choose(0);
  }

  override reboot(): void {
    this.token = '';
    super.reboot();
  }
}

export function goldshellWeb(miner: GoldshellMiner, clock: SimulatorClock): (stream: Duplex) => void {
  return webDoor(miner, clock, (request) => answer(request, miner));
}

function answer({ method, path, query, headers, body }: WebRequest, miner: GoldshellMiner): WebReply {
  if (path === '/mcb/status') return { body: { model: miner.spec.model, firmware: miner.spec.firmware } };
  if (miner.faults.lockedOut) return { status: 429, body: 'Too Many Requests' };
  if (path === '/user/login') return logIn(query, miner);
  if (miner.falseRefusals > 0) {
    miner.falseRefusals -= 1;
    return { status: 401, body: 'Unauthorized' };
  }
  if (miner.token === '' || headers.authorization !== `Bearer ${miner.token}`)
    return { status: 401, body: 'Unauthorized' };
  if (path === '/mcb/setting') return method === 'PUT' ? put(body, miner) : { body: setting(miner) };
  if (path === '/mcb/cgminer' && query.get('cgminercmd') === 'devs') return { body: { DEVS: [board(miner)] } };
  return { status: 404, body: 'Not Found' };
}

/** A refusal is an empty page. */
function logIn(query: URLSearchParams, miner: GoldshellMiner): WebReply {
  const given = query.get('password') ?? '';
  const wantsCipher = query.get('cipher') === 'true';
  const password = wantsCipher ? deciphered(given) : given;
  if (wantsCipher !== miner.ciphers || password !== miner.spec.password) return { body: '' };
  miner.token = `jwt.${miner.spec.id}.${miner.spec.serial}`;
  return { body: { 'JWT Token': miner.token } };
}

function deciphered(hex: string): string {
  const key = Buffer.from('!!!!!!!!!!!!!!!!');
  const cipher = createDecipheriv('aes-128-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
  const plain = Buffer.concat([cipher.update(Buffer.from(hex, 'hex')), cipher.final()]);
  return plain.toString().replace(/\0+$/, '');
}

function setting({ plans, select, saidMac }: GoldshellMiner): object {
  const powerplans = plans.map((level) => ({ level, info: level === 3 ? 'Sleep' : `${600 - level * 75} MHz` }));
  return { name: saidMac, select, powerplans, version: '1', ledcontrol: true };
}

/** It wants the whole setting back. */
function put(body: string, miner: GoldshellMiner): WebReply {
  const given = parseObject(body);
  const select = given?.['select'];
  if (!Array.isArray(given?.['powerplans']) || typeof select !== 'number' || miner.plans[select] === undefined) {
    return { status: 400, body: { error: 'Bad Request' } };
  }
  const done = miner.obey(`select ${select}`, () => miner.choose(select), miner.plans[select] === 3);
  return done ? { body: { result: 'ok' } } : { status: 500, body: { error: 'Internal Error' } };
}

/** Millivolts and milliamperes of what goes into the boards. */
function board(miner: GoldshellMiner): object {
  const rate = miner.hashrateThs * 1e6;
  return {
    PGA: 0,
    'MHS av': rate,
    'MHS 20s': rate,
    'tstemp-0': miner.chipC,
    'tstemp-1': miner.chipC,
    'tstemp-2': miner.chipC - 10,
    fan0: miner.fanRpm,
    fan1: miner.fanRpm,
    voltage: 12_000,
    current: Math.round((miner.watts() / 12) * 1000),
    'Device Elapsed': Math.floor(miner.miningS),
    overheat: 0,
  };
}
