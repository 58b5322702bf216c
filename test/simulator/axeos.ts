/** A Bitaxe with AxeOS: a web API without a password on TCP 80. Names and types as in the project's OpenAPI document. */
import type { Duplex } from 'node:stream';
import type { SimulatorClock } from './clock.ts';
import type { Surroundings } from './physics.ts';
import { PlainMiner } from './plain-miner.ts';
import type { PlainOptions } from './plain-spec.ts';
import { plainSpec } from './plain-spec.ts';
import type { WebReply, WebRequest } from './web.ts';
import { webDoor } from './web.ts';

export type AxeosOptions = PlainOptions<'axeos'> & {
  /** Whether its firmware knows a pause: from 2.14 on. */
  pauses?: boolean;
};

export class AxeosMiner extends PlainMiner {
  override readonly kind = 'axeos';
  override readonly entry = { adapter: 'axeos' };
  readonly pauses: boolean;

  constructor({ pauses = true, ...options }: AxeosOptions, place: number, surroundings: Surroundings) {
    const machine = { port: 80, model: 'BM1370', firmware: 'v2.14.0', ratedW: 18, ratedThs: 1.2, residualW: 3 };
    // One chip and no fan to speak of. Assumed.
    const timing = { startMs: 1000, rampMs: 5000, rebootMs: 10_000 };
    super(plainSpec(options, place, { code: 'be', ...machine, timing, sleepSurvivesReboot: false }), surroundings);
    this.pauses = pauses;
  }
}

export function axeosWeb(miner: AxeosMiner, clock: SimulatorClock): (stream: Duplex) => void {
  return webDoor(miner, clock, (request) => answer(request, miner));
}

function answer({ method, path }: WebRequest, miner: AxeosMiner): WebReply {
  switch (`${method} ${path}`) {
    case 'GET /api/system/info':
      return { body: info(miner) };
    case 'POST /api/system/pause':
      return act(miner, 'pause', 'Mining paused', () => miner.powerOff());
    case 'POST /api/system/resume':
      return act(miner, 'resume', 'Mining resumed', () => miner.powerOn());
    case 'POST /api/system/restart':
      return act(miner, 'restart', 'System will restart shortly.', () => miner.reboot());
    case 'POST /api/system/identify':
      return identify(miner);
  }
  return { status: 404, body: 'Nothing matches the given URI' };
}

function act(miner: AxeosMiner, verb: string, message: string, act: () => void): WebReply {
  if (!miner.pauses && (verb === 'pause' || verb === 'resume')) return { status: 404, body: 'Nothing matches' };
  const done = miner.obey(verb, act, verb === 'pause');
  return done ? { body: { message } } : { status: 500, body: 'Internal Server Error' };
}

/** One request for on and for off. */
function identify(miner: AxeosMiner): WebReply {
  const message = miner.blinking ? 'The device no longer says "Hi!".' : 'The device says "Hi!" for 30 seconds.';
  miner.obey('identify', () => {
    miner.blinking = !miner.blinking;
  });
  return { body: { message } };
}

function info(miner: AxeosMiner): object {
  const { spec } = miner;
  return {
    ASICModel: spec.model,
    version: spec.firmware,
    hostname: spec.id,
    macAddr: miner.saidMac.toUpperCase(),
    power: miner.watts(),
    hashRate: miner.hashrateThs * 1000,
    expectedHashrate: spec.ratedThs * 1000,
    temp: miner.chipC,
    vrTemp: miner.chipC + 5,
    fanrpm: miner.fanRpm,
    uptimeSeconds: Math.floor(miner.uptimeS),
    overheat_mode: 0,
    ...(miner.pauses && { miningPaused: miner.resting }),
  };
}
