/** The hardware at work: what reads it and what moves it. Can be swapped for another fit-out while the agent runs. */
import { Actuator } from './actuate/actuator.ts';
import { StageHands } from './actuate/stage.ts';
import type { Plan } from './decide/plan.ts';
import type { Clock } from './platform/clock.ts';
import type { Logger } from './platform/log.ts';
import type { Rack } from './rack/rack.ts';
import { watchDevice } from './sense/devices.ts';
import { watchMeter } from './sense/meters.ts';
import { watchPdu } from './sense/pdus.ts';
import type { Poller } from './sense/poller.ts';
import { watchSensor } from './sense/sensors.ts';
import { watchWorkload } from './sense/workloads.ts';
import type { Now, Observation } from './state/observation.ts';
import type { Picture } from './state/picture.ts';

export type RunningRackParts = { readonly clock: Clock; readonly log: Logger; observe(observation: Observation): void };

export class RunningRack {
  readonly rack: Rack;
  readonly actuator: Actuator;
  readonly #stage: StageHands;
  readonly pollers: ReadonlyMap<string, Poller>;
  #ignoreJobs = () => {};

  constructor(rack: Rack, { clock, log, observe }: RunningRackParts) {
    this.rack = rack;
    const devices = rack.devices.map(({ facts, ...rest }) => watchDevice({ id: facts.id, ...rest }, clock, observe));
    const meters = rack.meters.flatMap(({ facts: { id, periodMs }, instrument }) =>
      watchMeter({ id, periodMs, instrument }, clock, observe),
    );
    const sensors = rack.sensors.flatMap(({ facts: { id, periodMs }, instrument }) =>
      watchSensor({ id, periodMs, instrument }, clock, observe),
    );
    const pdus = rack.pdus.map(({ facts, ...faces }) => watchPdu({ ...facts, ...faces }, clock, observe));
    const workloads = rack.workloads.map(({ facts: { id, periodMs }, keeper }) =>
      watchWorkload({ id, periodMs, keeper }, clock, observe),
    );
    this.pollers = new Map(
      [...devices, ...meters, ...sensors, ...pdus, ...workloads].map((poller) => [poller.name, poller]),
    );
    const byId = new Map(rack.devices.map((device) => [device.facts.id, device]));
    this.actuator = new Actuator({
      controls: (id) => byId.get(id)?.controls(),
      observe,
      poke: (device) => this.pollers.get(device)?.poke(),
      log,
    });
    this.#stage = new StageHands({
      keepers: new Map(rack.workloads.map(({ facts, keeper }) => [facts.id, keeper])),
      observe,
      poke: (workload) => this.pollers.get(workload)?.poke(),
    });
  }

  /** Begins every call that a plan needs. @returns how many to devices. */
  act(plan: Plan, picture: Picture, now: Now): number {
    this.#stage.set(plan.staging);
    const calls = this.actuator.apply(plan, picture, now);
    this.#stage.apply(plan.staging);
    return calls;
  }

  get inventory(): Observation {
    const { devices, meters, sensors, pdus, workloads } = this.rack;
    return {
      kind: 'inventory',
      devices: devices.map(({ facts }) => facts),
      meters: meters.map(({ facts }) => facts),
      sensors: sensors.map(({ facts }) => facts),
      pdus: pdus.map(({ facts }) => facts),
      workloads: workloads.map(({ facts }) => facts),
    };
  }

  start(): void {
    this.rack.start();
    this.#ignoreJobs = this.rack.watchJobs((workload) => this.pollers.get(workload)?.poke());
    // Spread over their period: the reads of a full rack at one moment would stand before an order that comes then.
    for (const [place, poller] of [...this.pollers.values()].entries()) poller.start((place + 1) / this.pollers.size);
  }

  /** Leaves every output as it is. */
  async stop(): Promise<void> {
    this.actuator.stop();
    this.#ignoreJobs();
    await Promise.all([...this.pollers.values()].map((poller) => poller.stop()));
    await this.rack.stop();
  }
}
