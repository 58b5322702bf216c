/** An Antminer with MaraFW: a web API behind a digest log-in on TCP 80. Names and types as public clients have them. */
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

export type MarathonOptions = PlainOptions<'marathon'>;

export class MarathonMiner extends PlainMiner {
  override readonly kind = 'marathon';
  override readonly entry = { adapter: 'marathon', password_file: this.passwordFile };
  readonly login: DigestDesk;
  /** The whole of its configuration: a client that leaves something out loses it. */
  config: Record<string, unknown> = {
    mode: { 'work-mode-selector': 'Auto', concorde: { 'mode-select': 'PowerTarget', 'power-target': 3000 } },
    pools: [{ url: 'stratum+tcp://pool.invalid:3333', user: 'ballast', pass: 'x' }],
  };

  constructor(options: MarathonOptions, place: number, surroundings: Surroundings) {
    const machine = { port: 80, model: 'Antminer S19', firmware: '1.0.2', ratedW: 3250, ratedThs: 95, residualW: 30 };
    super(plainSpec(options, place, { code: '3a', ...machine, sleepSurvivesReboot: true }), surroundings);
    const { password, asleep } = this.spec;
    this.login = new DigestDesk('MaraFW', { username: 'root', password }, surroundings.clock);
    if (asleep) this.config = { ...this.config, mode: { 'work-mode-selector': 'Sleep' } };
  }

  get mode(): string {
    return String((this.config['mode'] as Record<string, unknown>)['work-mode-selector']);
  }

  configure(config: Record<string, unknown>): void {
    this.config = config;
    if (this.mode === 'Sleep') super.powerOff();
    else super.powerOn();
  }

  override powerOff(): void {
    this.configure({ ...this.config, mode: { 'work-mode-selector': 'Sleep' } });
  }

  override powerOn(): void {
    this.configure({ ...this.config, mode: { 'work-mode-selector': 'Stock' } });
  }
}

export function marathonWeb(miner: MarathonMiner, clock: SimulatorClock): (stream: Duplex) => void {
  return webDoor(miner, clock, (request) => {
    if (miner.faults.lockedOut) return { status: 429, body: 'Too Many Requests' };
    return miner.login.refuse(request, request.path) ?? answer(request, miner);
  });
}

function answer({ method, path, body }: WebRequest, miner: MarathonMiner): WebReply {
  const { spec } = miner;
  switch (`${method} ${path.replace('/kaonsu/v1/', '')}`) {
    case 'GET overview':
      return { body: { model: spec.model, mac: miner.saidMac.toUpperCase(), version_firmware: spec.firmware } };
    case 'GET network_config':
      return { body: { hostname: spec.id } };
    case 'GET brief':
      return { body: brief(miner) };
    case 'GET hashboards':
      return {
        body: { hashboards: [{ index: 0, temperature_pcb: [miner.chipC - 10], temperature_chip: [miner.chipC] }] },
      };
    case 'GET fans':
      return { body: { fans: [{ current_speed: miner.fanRpm }] } };
    case 'GET miner_config':
      return { body: miner.config };
    case 'POST miner_config':
      return configure(parseObject(body), miner);
    case 'POST locate_miner':
      return blink(parseObject(body)?.['blinking'] === true, miner);
    case 'POST maintenance':
      miner.obey('reboot', () => miner.reboot());
      return { body: { msg: 'rebooting' } };
  }
  return { status: 404, body: 'Not Found' };
}

function configure(config: Record<string, unknown> | undefined, miner: MarathonMiner): WebReply {
  const mode = config?.['mode'] as Record<string, unknown> | undefined;
  if (!config || typeof mode?.['work-mode-selector'] !== 'string') return { body: { error: true, msg: 'bad config' } };
  const selected = mode['work-mode-selector'];
  const done = miner.obey(`mode ${selected}`, () => miner.configure(config), selected === 'Sleep');
  return { body: done ? { error: false, msg: 'saved' } : { error: true, msg: 'not now' } };
}

function blink(on: boolean, miner: MarathonMiner): WebReply {
  miner.obey(`blink ${on}`, () => {
    miner.blinking = on;
  });
  return { body: { blinking: on } };
}

function brief(miner: MarathonMiner): object {
  return {
    status: miner.asleep ? 'Sleeping' : 'Mining',
    hashrate_realtime: miner.hashrateThs,
    hashrate_ideal: miner.spec.ratedThs * 1000,
    power_consumption_estimated: miner.watts(),
    elapsed: Math.floor(miner.miningS),
  };
}
