/** Our side: the actuator over the real adapters, given a plan that puts every miner to sleep. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Device } from '#adapters/contract.ts';
import { adapterNamed } from '#adapters/registry.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { Actuator } from '#agent/actuate/actuator.ts';
import type { Plan, PlannedDevice } from '#agent/decide/plan.ts';
import { now, systemClock } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';
import type { Observation } from '#agent/state/observation.ts';
import { asleep, awake } from '#agent/state/setting.ts';
import type { Millis } from '#protocol/units.ts';
import { miner as factsOf, rackOf } from '#test/support/pictures.ts';
import type { BenchMiner } from './miners.ts';
import { PASSWORD } from './miners.ts';

const log = openLog('silent');
/** After who they are, what a cut needs is fetched. */
const WARMING_MS: Millis = 3000;

export class Ours {
  readonly #miners: readonly BenchMiner[];
  readonly #devices: ReadonlyMap<string, Device>;

  constructor(miners: readonly BenchMiner[]) {
    this.#miners = miners;
    this.#devices = new Map(miners.map((miner) => [miner.id, open(miner)]));
  }

  /** Tokens are fetched ahead; a LuxOS session is not, so one cut goes before those that are measured. */
  async warm(): Promise<void> {
    for (const device of this.#devices.values()) device.start();
    await Promise.all([...this.#devices.values()].map(introduced));
    await sleep(WARMING_MS);
  }

  /** @returns when each of the `answering` had acknowledged, milliseconds from the plan. */
  async cut(answering: ReadonlySet<string>): Promise<Millis[]> {
    const moments = new Map<string, Millis>();
    const done = Promise.withResolvers<void>();
    const at = now(systemClock);
    const picture = rackOf(
      this.#miners.map(({ id }) => factsOf(id)),
      {},
      at,
    );
    const plan = this.#plan();
    const begun = performance.now();
    const observe = (observation: Observation) => {
      if (observation.kind === 'notDone' && answering.has(observation.device)) {
        done.reject(new Error(`${observation.device}: ${observation.trouble.message}`));
      }
      if (observation.kind !== 'acknowledged') return;
      moments.set(observation.device, performance.now() - begun);
      if (moments.size === answering.size) done.resolve();
    };
    const controls = (id: string) => this.#devices.get(id)?.controls;
    const actuator = new Actuator({ controls, observe, poke: () => {}, log });
    actuator.apply(plan, picture, at);
    await done.promise;
    actuator.stop();
    return [...moments.values()];
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#devices.values()].map((device) => device.stop()));
  }

  #plan(): Pick<Plan, 'devices'> {
    const devices = this.#miners.map(
      ({ id }): PlannedDevice => ({
        device: id,
        want: asleep,
        home: awake,
        hands: 'on',
        expectedW: 25,
        stubborn: false,
        lastResort: false,
        why: 'the bench',
      }),
    );
    return { devices };
  }
}

/** 200 that are asked at once may be too busy at first. */
async function introduced(device: Device): Promise<void> {
  while (!(await device.identify().catch(() => undefined))) await sleep(500);
}

function open({ id, kind, host, port }: BenchMiner): Device {
  const adapter = adapterNamed(kind === 'luxos' ? 'luxos' : 'whatsminer-v2');
  if (!adapter) throw new Error('the registry has lost an adapter');
  const context = { id, clock: systemClock, log, connect: connectTcp, secret: async () => PASSWORD };
  return adapter.open({ host, port, password_file: 'pw' }, context);
}
