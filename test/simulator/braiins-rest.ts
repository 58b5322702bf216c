/** The REST interface of Braiins OS. Fields and types as recorded from 25.07 to 26.04; commands as its description has them. */
import type { Duplex } from 'node:stream';
import type { BraiinsMiner } from './braiins-miner.ts';
import { parseObject } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { WebReply, WebRequest } from './web.ts';
import { webDoor } from './web.ts';

const FANS = 4;
const BOARDS = 3;

const reads: Record<string, (miner: BraiinsMiner) => object> = {
  'miner/details': details,
  'miner/stats': stats,
  'miner/hw/hashboards': hashboards,
  'miner/errors': () => ({ errors: [] }),
  'cooling/state': (miner) => ({
    fans: each(FANS, (position) => ({ position, rpm: miner.asleep ? 1200 : 5900, target_speed_ratio: 1 })),
  }),
  'configuration/miner': ({ targetW }) => ({
    pool_groups: [],
    tuner: { enabled: true, hashrate_target: null, power_target: { watt: Math.round(targetW) }, tuner_mode: 1 },
  }),
  'configuration/constraints': ({ targets, spec }) => ({
    tuner_constraints: {
      power_target: { default: { watt: spec.ratedW }, min: { watt: targets.min }, max: { watt: targets.max } },
    },
  }),
  pools: ({ spec, asleep }) => [
    {
      name: 'Default',
      pools: [
        {
          active: !asleep,
          alive: !asleep,
          enabled: true,
          url: 'stratum+tcp://pool1.invalid:3333',
          user: `ballast.${spec.id}`,
        },
      ],
    },
  ],
};

export function braiinsRest(miner: BraiinsMiner, clock: SimulatorClock): (stream: Duplex) => void {
  return webDoor(miner, clock, (request) => answer(request, miner));
}

function answer({ method, path, headers, body }: WebRequest, miner: BraiinsMiner): WebReply {
  const name = path.replace(/^\/api\/v1\//, '');
  if (path === name) return failed(404, 'Not found');
  if (name === 'version') return { body: { major: 1, minor: 0, patch: 0 } };
  if (name === 'auth/login') return logIn(parseObject(body) ?? {}, miner);
  // As it is, without "Bearer".
  if (headers.authorization !== miner.token) return failed(401, 'Unauthorized');
  const read = method === 'GET' ? reads[name] : undefined;
  if (read) return { body: read(miner) };
  return method === 'PUT' ? command(name, body, miner) : failed(404, 'Not found');
}

function logIn({ username, password }: Record<string, unknown>, miner: BraiinsMiner): WebReply {
  if (miner.faults.lockedOut) return failed(429, 'Too many login attempts');
  if (username !== 'root' || password !== miner.spec.password) return failed(401, 'Invalid username or password');
  return { body: { token: miner.token, timeout_s: 3600 } };
}

function failed(status: number, message: string): WebReply {
  return { status, body: { message } };
}

function command(name: string, body: string, miner: BraiinsMiner): WebReply {
  const { faults, resting } = miner;
  const act = actionFor(name, body, miner);
  if (!act) return failed(404, 'Not found');
  miner.takeWrite(body === '' ? name : `${name} ${body}`);
  if (act === 'invalid') return failed(400, 'Value out of range');
  if (faults.refusesSleep && name === 'actions/pause') return failed(500, 'Failed to pause mining');
  if (!faults.ignoresCommands) act();
  if (name === 'actions/pause') return { body: resting };
  return { body: name === 'actions/resume' ? !resting : (parseObject(body) ?? true) };
}

function actionFor(name: string, body: string, miner: BraiinsMiner): (() => void) | 'invalid' | undefined {
  switch (name) {
    case 'actions/pause':
      return () => miner.powerOff();
    case 'actions/resume':
      return () => miner.powerOn();
    case 'actions/reboot':
      return () => miner.reboot();
    case 'actions/locate':
      return () => {
        miner.locating = body === 'true';
      };
    case 'performance/power-target': {
      const watt = Number(parseObject(body)?.['watt']);
      const { min, max } = miner.targets;
      return watt >= min && watt <= max ? () => miner.setPowerTarget(watt) : 'invalid';
    }
    case 'performance/quick-ramping':
      return () => {
        miner.quickRamping = parseObject(body) as { up_s: number; down_s: number };
      };
    default:
      return undefined;
  }
}

function details({ spec, faults, resting, asleep, uptimeS, miningS }: BraiinsMiner): object {
  return {
    bos_mode: 4,
    bos_version: { bos_plus: true, current: spec.firmware, major: '2022-09-13-0-11012d53-22.08-plus' },
    bosminer_uptime_s: Math.floor(miningS),
    hostname: spec.id,
    mac_address: faults.otherMac ?? spec.mac,
    miner_identity: { brand: 1, miner_model: spec.model, model: 18, name: spec.model },
    platform: 4,
    serial_number: spec.serial,
    status: resting && asleep ? 3 : 2,
    sticker_hashrate: { gigahash_per_second: spec.ratedThs * 1000 },
    system_uptime: Math.floor(uptimeS),
    system_uptime_s: Math.floor(uptimeS),
  };
}

function stats(miner: BraiinsMiner): object {
  const gigahashes = miner.hashrateThs * 1000;
  const watt = Math.round(miner.watts());
  const rate = { gigahash_per_second: gigahashes };
  return {
    miner_stats: { nominal_hashrate: rate, real_hashrate: { last_5s: rate, last_1m: rate, last_15m: rate } },
    pool_stats: { accepted_shares: Math.floor(miner.miningS / 14), rejected_shares: 0, stale_shares: 0 },
    power_stats: {
      approximated_consumption: { watt },
      efficiency: { joule_per_terahash: gigahashes > 0 ? (watt / gigahashes) * 1000 : 0 },
    },
  };
}

function hashboards(miner: BraiinsMiner): object {
  const board = Math.round(miner.inletC + 25 * (miner.watts() / miner.spec.ratedW));
  return {
    hashboards: each(BOARDS, (index) => ({
      id: String(index + 1),
      enabled: true,
      board_temp: { degree_c: board },
      highest_chip_temp: { id: 1, location: 1, temperature: { degree_c: board + 15 } },
    })),
  };
}

function each(count: number, make: (index: number) => object): object[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
