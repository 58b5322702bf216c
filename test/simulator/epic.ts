/** A miner with ePIC PowerPlay: HTTP on TCP 4028. Names and types as recorded from PowerPlay-BMS 1.5, and its OpenAPI. */
import type { Duplex } from 'node:stream';
import { parseObject } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { Surroundings } from './physics.ts';
import { PlainMiner } from './plain-miner.ts';
import type { PlainOptions } from './plain-spec.ts';
import { plainSpec } from './plain-spec.ts';
import type { WebReply, WebRequest } from './web.ts';
import { webDoor } from './web.ts';

export type EpicOptions = PlainOptions<'epic'> & {
  /** What its tuner aims at; watts can be set only where it is them already. */
  tuner?: 'ChipTune' | 'Power';
};

export class EpicMiner extends PlainMiner {
  override readonly kind = 'epic';
  override readonly entry = { adapter: 'epic', password_file: this.passwordFile };
  readonly tuner: 'ChipTune' | 'Power';

  constructor({ tuner = 'ChipTune', ...options }: EpicOptions, place: number, surroundings: Surroundings) {
    const machine = { port: 4028, firmware: 'PowerPlay-BMS v1.15.2', ratedW: 3010, ratedThs: 140, residualW: 30 };
    super(
      plainSpec(options, place, { code: 'e1', model: 'AntMiner S19 XP', ...machine, sleepSurvivesReboot: true }),
      surroundings,
    );
    this.tuner = tuner;
  }
}

export function epicWeb(miner: EpicMiner, clock: SimulatorClock): (stream: Duplex) => void {
  return webDoor(miner, clock, (request) => answer(request, miner));
}

function answer({ method, path, body }: WebRequest, miner: EpicMiner): WebReply {
  const reads: Record<string, (miner: EpicMiner) => object> = {
    '/summary': summary,
    '/capabilities': capabilities,
    '/network': network,
  };
  const read = method === 'GET' ? reads[path] : undefined;
  if (read) return { body: read(miner) };
  if (method !== 'POST') return { status: 404, body: 'Not Found' };
  const { param, password } = parseObject(body) ?? {};
  if (miner.faults.lockedOut) return { status: 429, body: 'Too Many Requests' };
  if (password !== miner.spec.password) return { body: { result: false, error: 'BadPassword' } };
  const done = act(path, param, miner);
  return { body: done ? { result: true, error: null } : { result: false, error: 'MissingParam' } };
}

function act(path: string, param: unknown, miner: EpicMiner): 'done' | undefined {
  switch (path) {
    case '/miner':
      if (param === 'Stop') return miner.obey('Stop', () => miner.powerOff(), true);
      return param === 'Autostart' ? miner.obey('Autostart', () => miner.powerOn()) : undefined;
    case '/identify':
      return miner.obey(`identify ${param}`, () => {
        miner.blinking = param === true;
      });
    case '/reboot':
      return param === 0 ? miner.obey('reboot', () => miner.reboot()) : undefined;
    case '/perpetualtune/algo':
      return aim(param as { algo?: unknown; target?: unknown }, miner);
  }
  return undefined;
}

function aim({ algo, target }: { algo?: unknown; target?: unknown }, miner: EpicMiner): 'done' | undefined {
  if (algo !== 'Power' || typeof target !== 'number' || !Number.isInteger(target)) return undefined;
  return miner.obey(`Power ${target}`, () => miner.setTarget(target));
}

function summary(miner: EpicMiner): object {
  const { spec, tuner, resting, asleep, starting } = miner;
  const target = tuner === 'Power' ? miner.targetW : spec.ratedThs;
  const rate = (miner.hashrateThs / 3) * 1e6;
  return {
    Software: spec.firmware,
    Hostname: spec.id,
    Status: { 'Operating State': stateOf({ resting, asleep, starting }), 'Last Command': null, 'Last Error': null },
    Session: { Uptime: Math.floor(miner.miningS) },
    'Power Supply Stats': { 'Input Power': miner.watts() },
    'Fans Rpm': { 'Fans Speed 1': miner.fanRpm, 'Fans Speed 2': miner.fanRpm, 'Fans Speed 3': null },
    HBs: [0, 1, 2].map((Index) => ({ Index, Hashrate: [rate, 100, rate], Temperature: miner.chipC })),
    PerpetualTune: { Running: true, Algorithm: { [tuner]: { Optimized: true, Target: target } } },
  };
}

function stateOf({ resting, asleep, starting }: { resting: boolean; asleep: boolean; starting: boolean }): string {
  if (asleep) return 'Idling';
  if (resting) return 'Stopping';
  return starting ? 'Initializing' : 'Mining';
}

function capabilities({ spec }: EpicMiner): object {
  const option = (algorithm: string, min: number, max: number) => ({ algorithm, name: algorithm, min, max });
  return {
    Model: spec.model,
    'Default Hashrate': spec.ratedThs,
    PerpetualTune: [option('ChipTune', 60, 300), option('Power', Math.round(spec.ratedW / 2), spec.ratedW)],
  };
}

function network(miner: EpicMiner): object {
  return { dhcp: { address: miner.spec.host, mac_address: miner.saidMac.toUpperCase() } };
}
