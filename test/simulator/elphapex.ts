/** An Elphapex DG1: CGIs behind a digest log-in on TCP 80. Names and types as recorded from firmware 1.0.2 and 1.0.5. */
import type { Duplex } from 'node:stream';
import { parseObject } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import { DigestDesk } from './digest.ts';
import type { Surroundings } from './physics.ts';
import { PlainMiner } from './plain-miner.ts';
import type { PlainOptions } from './plain-spec.ts';
import { plainSpec } from './plain-spec.ts';
import type { WebReply, WebRequest } from './web.ts';
import { webDoor } from './web.ts';

export type ElphapexOptions = PlainOptions<'elphapex'>;

export class ElphapexMiner extends PlainMiner {
  override readonly kind = 'elphapex';
  override readonly entry = { adapter: 'elphapex', password_file: this.passwordFile };
  readonly login: DigestDesk;

  constructor(options: ElphapexOptions, place: number, surroundings: Surroundings) {
    const machine = {
      port: 80,
      model: 'DG1+',
      firmware: 'DG1+_SW_V1.0.2',
      ratedW: 3420,
      ratedThs: 0.014,
      residualW: 25,
    };
    super(plainSpec(options, place, { code: 'd6', ...machine, sleepSurvivesReboot: true }), surroundings);
    this.login = new DigestDesk('Daoge Miner', { username: 'root', password: this.spec.password }, surroundings.clock);
  }
}

export function elphapexWeb(miner: ElphapexMiner, clock: SimulatorClock): (stream: Duplex) => void {
  return webDoor(miner, clock, (request) => {
    if (miner.faults.lockedOut) return { status: 429, body: 'Too Many Requests' };
    return miner.login.refuse(request, request.path) ?? answer(request, miner);
  });
}

function answer({ method, path, body }: WebRequest, miner: ElphapexMiner): WebReply {
  const { spec } = miner;
  const rate = miner.hashrateThs * 1e6;
  switch (`${method} ${path}`) {
    case 'GET /cgi-bin/get_system_info.cgi':
      return {
        body: {
          minertype: spec.model,
          system_filesystem_version: spec.firmware,
          macaddr: miner.saidMac,
          hostname: spec.id,
        },
      };
    case 'GET /cgi-bin/summary.cgi':
      return {
        body: {
          INFO: { dev_sn: spec.serial },
          SUMMARY: [{ status: [{ type: 'rate', status: 's', msg: '', code: 0 }] }],
        },
      };
    case 'GET /cgi-bin/get_miner_conf.cgi':
      return { body: { 'fc-work-mode': miner.resting ? 1 : 0, pools: [] } };
    case 'GET /cgi-bin/get_power.cgi':
      return { body: { power_output: String(Math.round(miner.watts())), power_temp: '270' } };
    case 'GET /cgi-bin/stats.cgi':
      return { body: { STATS: [stats(rate, miner)] } };
    case 'POST /cgi-bin/blink.cgi':
      return blink(parseObject(body)?.['blink'] === true, miner);
  }
  return { status: 404, body: '<html><head><title>404 - Not Found</title></head></html>' };
}

/** Temperatures of chips in thousandths, as text; those of the boards are the same numbers on every miner. */
function stats(rate: number, miner: ElphapexMiner): object {
  const chip = String(Math.round(miner.chipC * 1000));
  return {
    rate_unit: 'MH/s',
    rate_5s: rate,
    rate_avg: rate,
    rate_ideal: miner.spec.ratedThs * 1e6,
    elapsed: Math.floor(miner.miningS),
    fan: [String(miner.fanRpm), String(miner.fanRpm)],
    chain: [{ index: 0, temp_chip: [chip, ''], temp_pcb: [47, 46, 67, 66] }],
  };
}

function blink(on: boolean, miner: ElphapexMiner): WebReply {
  miner.obey(`blink ${on}`, () => {
    miner.blinking = on;
  });
  return { body: { code: on ? 'B000' : 'B100' } };
}
