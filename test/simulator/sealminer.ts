/** A SealMiner: cgminer's socket on TCP 4028, one large status. Names and types as recorded from an A2 (2025). */
import type { Duplex } from 'node:stream';
import { parseObject, serveCgminer } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { Surroundings } from './physics.ts';
import { PlainMiner } from './plain-miner.ts';
import type { PlainOptions } from './plain-spec.ts';
import { plainSpec } from './plain-spec.ts';

export type SealminerOptions = PlainOptions<'sealminer'>;

export class SealMiner extends PlainMiner {
  override readonly kind = 'sealminer';
  override readonly entry = { adapter: 'sealminer' };

  constructor(options: SealminerOptions, place: number, surroundings: Surroundings) {
    const machine = { port: 4028, model: 'A2', firmware: '2025091001', ratedW: 3500, ratedThs: 226, residualW: 30 };
    super(plainSpec(options, place, { code: '5e', ...machine, sleepSurvivesReboot: false }), surroundings);
  }
}

export function serveSealminer(miner: SealMiner, clock: SimulatorClock, stream: Duplex): void {
  serveCgminer(miner, clock, stream, (text, when) => JSON.stringify(answer(text, miner, when)));
}

function answer(text: string, miner: SealMiner, when: number): object {
  const { command, parameter } = parseObject(text) ?? {};
  if (command === 'stats') return reply(when, 'S', 70, 'BDMiner stats', { STATS: [stats(miner)] });
  if (command === 'ascset' && parameter === '0,suspend') {
    const done = miner.obey('suspend', () => miner.powerOff(), true);
    return done ? reply(when, 'S', 119, 'ASC 0 set OK') : reply(when, 'E', 120, 'ASC 0 set failed');
  }
  if (command === 'restart') {
    miner.obey('restart', () => (miner.resting ? miner.powerOn() : miner.restart()));
    // cgminer's own: a word in the place of the letter.
    return { STATUS: 'RESTART', When: when };
  }
  return reply(when, 'E', 14, 'Invalid command');
}

function stats(miner: SealMiner): object {
  const { spec } = miner;
  const rate = miner.hashrateThs * 1e6;
  return {
    STATS: 0,
    ID: 'A20',
    ASIC: 'Seal02-V1',
    Model: spec.model,
    Firmware: spec.firmware,
    MAC: miner.saidMac,
    'Ctrl Board SN': spec.serial,
    // What a suspended miner calls itself is published nowhere.
    'PM State': miner.asleep ? 'Suspended' : 'Running',
    'PSU Input Power': Math.round(miner.watts()),
    'PSU Error': '0x00000000',
    'Power Limit': spec.ratedW,
    'MHS(30s)': rate,
    'MHS(Avg)': rate,
    'MHS(Rated)': spec.ratedThs * 1e6,
    Temp: miner.asleep ? 0 : Math.round(miner.chipC),
    '0 Online': true,
    '0 Temp 2': Math.round(miner.chipC) - 5,
    '0 Temp 3': Math.round(miner.chipC),
    '0 Speed': miner.fanRpm,
    '1 Speed': miner.fanRpm,
    'Liquid Cooling': false,
    'Error Code': '',
    'System Uptime': Math.floor(miner.uptimeS),
    Elapsed: Math.floor(miner.miningS),
  };
}

function reply(when: number, letter: string, code: number, words: string, sections: object = {}): object {
  const head = { STATUS: letter, When: when, Code: code, Msg: words, Description: 'bdminer 4.11.1' };
  return { STATUS: [head], ...sections, id: 1 };
}
