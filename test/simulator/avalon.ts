/**
 * An Avalon: cgminer's socket on TCP 4028, a status in brackets, and sleep by appointment. Names and types as recorded
 * from an A1566 (2024).
 */
import type { Duplex } from 'node:stream';
import { parseObject, serveCgminer } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import { WentDown } from './miner.ts';
import type { Surroundings } from './physics.ts';
import { PlainMiner } from './plain-miner.ts';
import type { PlainOptions } from './plain-spec.ts';
import { plainSpec } from './plain-spec.ts';

export type AvalonOptions = PlainOptions<'avalon'>;

export class AvalonMiner extends PlainMiner {
  override readonly kind = 'avalon';
  override readonly entry = { adapter: 'avalon' };
  #clock: SimulatorClock;
  #appointment = new AbortController();

  constructor(options: AvalonOptions, place: number, surroundings: Surroundings) {
    super(
      plainSpec(options, place, {
        code: 'a0',
        port: 4028,
        model: 'AvalonMiner 1566',
        firmware: '24102401_25462b2_9ddf522',
        ratedW: 3420,
        ratedThs: 185,
        residualW: 40,
        sleepSurvivesReboot: false,
      }),
      surroundings,
    );
    this.#clock = surroundings.clock;
  }

  /** Seconds of its own clock: it has no time server, and counts from 1970 at each start. */
  get now(): number {
    return Math.floor(this.uptimeS);
  }

  override reboot(): void {
    this.#appointment.abort();
    super.reboot();
  }

  /** At a second of its own clock; one that has passed never comes again. */
  appoint(atS: number, act: () => void): void {
    this.#appointment.abort();
    this.#appointment = new AbortController();
    const { signal } = this.#appointment;
    if (atS < this.now) return;
    this.#clock.sleep((atS - this.now) * 1000, signal).then(act, () => {});
  }
}

export function serveAvalon(miner: AvalonMiner, clock: SimulatorClock, stream: Duplex): void {
  serveCgminer(miner, clock, stream, (text) => JSON.stringify(answer(text, miner)));
}

function answer(text: string, miner: AvalonMiner): object {
  const { command, parameter } = parseObject(text) ?? {};
  switch (command) {
    case 'version':
      return reply(miner, 'S', 22, 'CGMiner versions', { VERSION: [version(miner)] });
    case 'estats':
      return reply(miner, 'S', 70, 'CGMiner stats', {
        STATS: [{ STATS: 0, ID: 'AVA100', Elapsed: miner.now, 'MM ID0': line(miner) }],
      });
    case 'ascset':
      return set(String(parameter).split(','), miner);
    default:
      return reply(miner, 'E', 14, 'Invalid command');
  }
}

function set([device, option = '', ...values]: string[], miner: AvalonMiner): object {
  const done = reply(miner, 'S', 119, `ASC ${device} set OK`);
  switch (option) {
    case 'softoff':
    case 'softon':
      return appoint(option, values[0] ?? '', miner);
    case 'led':
      miner.obey(`led ${values[0]}`, () => {
        miner.blinking = values[0] === '1-1';
      });
      return done;
    case 'reboot':
      miner.obey('reboot', () => miner.reboot());
      throw new WentDown();
    default:
      return reply(miner, 'I', 118, 'ASC 0 set info: help|led|reboot|softon|softoff|workmode');
  }
}

/** `1:<second>`. */
function appoint(what: 'softoff' | 'softon', when: string, miner: AvalonMiner): object {
  const atS = Number(/^1:(\d+)$/.exec(when)?.[1]);
  const act = () => miner.appoint(atS, () => (what === 'softoff' ? miner.powerOff() : miner.powerOn()));
  if (!miner.obey(what, act, what === 'softoff')) return reply(miner, 'E', 120, `ASC 0 set failed: ${what}`);
  // As recorded: a sleeping miner hangs up over a wake-up that it obeys.
  if (what === 'softon' && miner.asleep) throw new WentDown();
  return reply(miner, 'I', 118, `ASC 0 set info: success ${what}:${atS}`);
}

function version(miner: AvalonMiner): object {
  const { model, firmware, serial } = miner.spec;
  const MAC = miner.saidMac.replaceAll(':', '');
  return { CGMiner: '4.11.1', API: '3.7', PROD: model, MODEL: '1566', VERSION: firmware, DNA: serial, MAC };
}

function line(miner: AvalonMiner): string {
  const { ratedThs } = miner.spec;
  const input = Math.round(miner.watts());
  const output = Math.round(input * 0.95);
  const rate = (miner.hashrateThs * 1000).toFixed(2);
  const fields: Record<string, string | number> = {
    SYSTEMSTATU: `Work: ${miner.asleep ? 'In Idle' : 'In Work'}, Hash Board: 3 `,
    Elapsed: miner.now,
    Temp: Math.round(miner.inletC),
    TMax: miner.asleep ? 0 : Math.round(miner.chipC),
    Fan1: miner.fanRpm,
    Fan2: miner.fanRpm,
    PS: `0 1209 1187 297 ${output} 1188 ${input}`,
    WALLPOWER: input,
    GHSspd: rate,
    GHSmm: (ratedThs * 1000).toFixed(2),
    GHSavg: rate,
    Led: Number(miner.blinking),
    SoftOFF: Number(miner.resting),
    ECHU: '0 0 0',
    ECMM: 0,
    MPO: 3420,
    WORKMODE: 1,
  };
  return Object.entries(fields)
    .map(([key, value]) => `${key}[${value}]`)
    .join(' ');
}

function reply(miner: AvalonMiner, letter: string, code: number, words: string, sections: object = {}): object {
  const head = { STATUS: letter, When: miner.now, Code: code, Msg: words, Description: 'cgminer 4.11.1' };
  return { STATUS: [head], ...sections, id: 1 };
}
