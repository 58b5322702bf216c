/**
 * A rack as a model of its power, closed to a loop with the real deciding and the real choice of calls, and no wire
 * between them: an hour of a signal that changes every two seconds passes in seconds.
 */
import { nextCall } from '#agent/actuate/next-call.ts';
import type { Policy } from '#agent/config/policy.ts';
import { decide } from '#agent/decide/decide.ts';
import type { Memory, Plan } from '#agent/decide/plan.ts';
import { emptyMemory } from '#agent/decide/plan.ts';
import type { DeviceFacts, Now, Observation, Setting } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { awake } from '#agent/state/setting.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import { after, RACK, rackOf, seen, viewOf } from './pictures.ts';

/** One device: how it follows, and how far its nameplate is off. */
export type ModelDevice = {
  readonly facts: DeviceFacts;
  /** From a call until its power begins to move, and the time constant of that move. */
  readonly delayMs: Millis;
  readonly tauMs: Millis;
  /** What it draws of what is expected of it. */
  readonly factor?: number;
  /** Whether its firmware keeps its power to itself. */
  readonly silent?: boolean;
  /** What it would draw if nothing limited it; full load unless said. */
  demandW?(ms: Millis): Watts;
};

export type ModelOptions = {
  readonly devices: readonly ModelDevice[];
  readonly policy: Policy;
  /** Between two readings of the meter, and of each device. */
  readonly meterMs: Millis;
  readonly readMs: Millis;
  /** After each step, with what the rack really draws. */
  stepped?(moment: Moment): void;
};

type Moment = { readonly ms: Millis; readonly watts: Watts; wattsOf(device: string): Watts };

type Running = { setting: Setting; watts: Watts; readonly queue: { readonly at: Millis; readonly setting: Setting }[] };

export const STEP_MS: Millis = 50;
const TICK_MS: Millis = 1000;
const OTHER_LOADS_W: Watts = 100;

export class ModelRack {
  picture: Picture;
  memory: Memory = emptyMemory;
  plan: Plan | undefined;
  #ms: Millis = 0;
  readonly #options: ModelOptions;
  readonly #running: Map<string, Running>;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.picture = rackOf(options.devices.map(({ facts }) => facts));
    this.#running = new Map(
      options.devices.map((device) => [
        device.facts.id,
        { setting: awake, watts: this.#wantedW(device, awake), queue: [] },
      ]),
    );
    this.#read();
    this.#turn();
  }

  get now(): Now {
    return after(this.#ms / 1000);
  }

  get watts(): Watts {
    return [...this.#running.values()].reduce((sum, { watts }) => sum + watts, OTHER_LOADS_W);
  }

  /** What comes from outside, acted on at once as the fast path does. */
  hear(observation: Observation): void {
    this.#observe(observation);
    this.#turn();
  }

  advance(ms: Millis): void {
    const { meterMs, readMs, stepped } = this.#options;
    for (const end = this.#ms + ms; this.#ms < end; ) {
      this.#ms += STEP_MS;
      for (const device of this.#options.devices) this.#step(device);
      if (this.#ms % meterMs === 0) this.#observe({ kind: 'meter', meter: 'feed', reading: { powerW: this.watts } });
      const isRead = this.#ms % readMs === 0;
      if (isRead) this.#read();
      if (isRead || this.#ms % TICK_MS === 0) this.#turn();
      stepped?.({ ms: this.#ms, watts: this.watts, wattsOf: (id) => this.#running.get(id)?.watts ?? 0 });
    }
  }

  #step(device: ModelDevice): void {
    const running = this.#of(device);
    while ((running.queue[0]?.at ?? Number.POSITIVE_INFINITY) <= this.#ms) {
      running.setting = running.queue.shift()?.setting ?? running.setting;
    }
    const share = device.tauMs > 0 ? 1 - Math.exp(-STEP_MS / device.tauMs) : 1;
    running.watts += (this.#wantedW(device, running.setting) - running.watts) * share;
  }

  #wantedW({ facts, factor = 1, demandW }: ModelDevice, setting: Setting): Watts {
    if (setting.kind === 'asleep') return facts.residualW ?? 0;
    const { unit = 'watts', max = facts.ratedW } = facts.controls['limit']?.range ?? {};
    const limit = setting.limit ?? max;
    const limitW = unit === 'percent' ? (limit * facts.ratedW) / 100 : limit;
    return factor * Math.min(limitW, demandW?.(this.#ms) ?? facts.ratedW);
  }

  #read(): void {
    for (const device of this.#options.devices) {
      const { setting, watts } = this.#of(device);
      const max = device.facts.controls['limit']?.range?.max ?? 100;
      const shown = setting.kind === 'asleep' ? { asleep: true } : { asleep: false, limit: setting.limit ?? max };
      const reading = { ...shown, ...(!device.silent && { powerW: watts }), faults: [] };
      this.#observe({ kind: 'device', device: device.facts.id, reading });
    }
  }

  #turn(): void {
    const { plan, memory } = decide(this.picture, this.#options.policy, this.memory, this.now, RACK);
    this.plan = plan;
    this.memory = memory;
    for (const planned of plan.devices) {
      const device = planned.device;
      const call = nextCall(viewOf(this.picture, device), planned, this.now);
      if (!call) continue;
      this.#observe({ kind: 'asked', asks: [{ device, setting: call.setting }] });
      const model = this.#options.devices.find(({ facts }) => facts.id === device);
      if (model) this.#of(model).queue.push({ at: this.#ms + model.delayMs, setting: call.setting });
      this.#observe({ kind: 'acknowledged', device, said: 'ok', settleMs: model?.delayMs ?? 0 });
    }
  }

  #of({ facts }: ModelDevice): Running {
    const running = this.#running.get(facts.id);
    if (!running) throw new Error(`the model has no ${facts.id}`);
    return running;
  }

  #observe(observation: Observation): void {
    this.picture = seen(this.picture, this.now, observation);
  }
}
