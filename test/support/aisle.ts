/** A rack with sensors whose decisions are made one after the other, each on what has been felt by then. */
import { decide } from '#agent/decide/decide.ts';
import type { Memory, Plan, Step } from '#agent/decide/plan.ts';
import { emptyMemory } from '#agent/decide/plan.ts';
import type { DeviceFacts, Observation, PduFacts, SensorFacts, SensorReading } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { settingText } from '#agent/state/setting.ts';
import type { Seconds } from '#protocol/units.ts';
import type { Says } from './pictures.ts';
import { after, inventory, policyOf, RACK, rackOf, seen } from './pictures.ts';

export type AisleParts = {
  readonly devices: readonly DeviceFacts[];
  readonly sensors?: readonly SensorFacts[];
  readonly pdus?: readonly PduFacts[];
  readonly says?: Readonly<Record<string, Says>>;
  readonly policy: Record<string, unknown>;
};

export class Aisle {
  readonly steps: Step[] = [];
  readonly #policy;
  #picture: Picture;
  #memory: Memory = emptyMemory;

  constructor({ devices, sensors = [], pdus = [], says = {}, policy }: AisleParts) {
    this.#policy = policyOf(policy);
    const rack = rackOf(devices, says);
    const meters = Object.values(rack.meters).map(({ facts }) => facts);
    this.#picture = seen(rack, after(0), inventory({ devices, meters, sensors, pdus }));
    this.plan(0);
  }

  get memory(): Memory {
    return this.#memory;
  }

  feels(s: Seconds, reading: SensorReading, sensor = 'aisle'): this {
    return this.hears(s, { kind: 'sensor', sensor, reading });
  }

  /** What each says of itself, and of nothing else. */
  shows(s: Seconds, asleep: Readonly<Record<string, boolean>>): this {
    for (const [device, sleeps] of Object.entries(asleep)) {
      this.hears(s, { kind: 'device', device, reading: { asleep: sleeps, limit: 100, faults: [] } });
    }
    return this;
  }

  hears(s: Seconds, observation: Observation): this {
    this.#picture = seen(this.#picture, after(s), observation);
    this.plan(s);
    return this;
  }

  plan(s: Seconds): Plan {
    const { plan, memory } = decide(this.#picture, this.#policy, this.#memory, after(s), RACK);
    this.#memory = memory;
    this.steps.push(...plan.steps);
    return plan;
  }

  /** Of every device, in the order of their names. */
  wants(s: Seconds): string {
    const { devices } = this.plan(s);
    return devices
      .toSorted((a, b) => (a.device < b.device ? -1 : 1))
      .map(({ want }) => settingText(want))
      .join(', ');
  }

  why(s: Seconds, device: string): string {
    return this.plan(s).devices.find((each) => each.device === device)?.why ?? '';
  }
}
