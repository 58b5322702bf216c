/**
 * FPGAs and other cards that have no interface of their own worth speaking: their maker's tool loads what they run, and
 * a sensor tells their watts. So one card serves proof of work or inference by what is loaded on it.
 *
 * The technician names three commands, whole, in the config; nothing from the network ever becomes a part of them. Each
 * is started without a shell, must end with 0 within `timeout_s`, and must print one JSON object with its `state`:
 * `programmed` or `idle`, as the card itself says, and optionally `model`, `serial`, `detail` and a list of `faults`.
 *   program  loads the card and starts its work; on a card that is loaded it changes nothing
 *   idle     stops the work and leaves the card at rest; on a card at rest it changes nothing
 *   status   only tells
 * Where the card has a power sensor, `sensor` is its device below /sys, such as `bus/i2c/devices/3-0040`.
 */
import * as z from 'zod';
import { watts } from '#protocol/units.ts';
import type { Ack, Adapter, AdapterContext, Controls, Device, DeviceReading, Host, Identity } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { checkedJson, withoutUndefined, words } from '../transport/fields.ts';
import { hostOf } from '../transport/host.ts';
import { hwmonOf, numberAt } from '../transport/sysfs.ts';
import type { Urgency } from '../transport/wire-queue.ts';
import { WireQueue } from '../transport/wire-queue.ts';
import { within } from '../transport/within.ts';

const argv = z
  .array(z.string())
  .min(1)
  .refine(([program]) => program?.startsWith('/'), 'must begin with the program’s absolute path');

const options = z.object({
  commands: z.strictObject({ program: argv, idle: argv, status: argv }),
  /** Seconds that a command may take. */
  timeout_s: z.number().min(1).max(600).default(30),
  sensor: z
    .string()
    .regex(/^(?!.*\.\.)[\w/:.-]+$/, 'must be a path below /sys')
    .exactOptional(),
  /** What the card draws at rest. */
  idle_w: watts,
  /** Seconds from a command's end until the power has settled; a guess until the agent has learned it. */
  settle_s: z.number().min(0).max(600).default(5),
});

type AcceleratorOptions = z.infer<typeof options>;

export const accelerator: Adapter<AcceleratorOptions> = {
  name: 'accelerator',
  kind: 'accelerator',
  options,
  open: (given, context) => new Accelerator(given, context, hostOf(context)),
};

const answer = z.object({
  state: z.enum(['programmed', 'idle']),
  model: words,
  serial: words,
  detail: words,
  faults: z.array(z.string()).default([]),
});
type Answer = z.infer<typeof answer>;
type Command = keyof AcceleratorOptions['commands'];

class Accelerator implements Device {
  readonly #given: AcceleratorOptions;
  readonly #clock: AdapterContext['clock'];
  readonly #host: Host;
  readonly #queue = new WireQueue();

  constructor(given: AcceleratorOptions, { clock }: AdapterContext, host: Host) {
    this.#given = given;
    this.#clock = clock;
    this.#host = host;
  }

  start(): void {}

  async stop(): Promise<void> {
    this.#queue.stop(new DOMException('the end of the session', 'AbortError'));
  }

  async identify(signal?: AbortSignal): Promise<Identity> {
    const { model, serial } = await this.#run('read', 'status', signal);
    return withoutUndefined<Identity>({ make: 'accelerator', model, serial });
  }

  async read(signal?: AbortSignal): Promise<DeviceReading> {
    const { state, faults } = await this.#run('read', 'status', signal);
    const powerW = await this.#powerW();
    return withoutUndefined<DeviceReading>({
      asleep: state === 'idle',
      powerW,
      powerFrom: powerW === undefined ? undefined : 'psu',
      faults,
      repairs: 0,
    });
  }

  get controls(): Controls {
    const { idle_w: residualW, settle_s } = this.#given;
    const capability = { settle_ms: settle_s * 1000, restarts: false, persistent: false, min_interval_s: 0 };
    return {
      sleep: { capability, residualW, run: (signal) => this.#switch('lower', 'idle', signal) },
      wake: {
        capability: { ...capability, restarts: true },
        run: (signal) => this.#switch('raise', 'program', signal),
      },
    };
  }

  /** The command's own word on what it has done counts, not that it ended. */
  async #switch(urgency: Urgency, command: 'program' | 'idle', signal?: AbortSignal): Promise<Ack> {
    const { state, detail } = await this.#run(urgency, command, signal);
    const said = detail === undefined ? state : `${state}: ${detail}`;
    if ((state === 'idle') !== (command === 'idle')) {
      throw new AdapterError('refused', `after ${command} the card is ${said}`, { code: state });
    }
    return { said, settleMs: this.#given.settle_s * 1000 };
  }

  async #run(urgency: Urgency, command: Command, signal?: AbortSignal): Promise<Answer> {
    const { commands, timeout_s } = this.#given;
    const work = (abort: AbortSignal) => this.#host.run(commands[command], abort);
    const said = await within(
      this.#clock,
      timeout_s * 1000,
      signal,
      (stop) => this.#queue.run(urgency, work, stop),
      () => new AdapterError('timedOut', `${command} has not ended within ${timeout_s} s and was killed`),
    );
    return checkedJson(answer, command, said);
  }

  async #powerW(): Promise<number | undefined> {
    const { sensor } = this.#given;
    if (sensor === undefined) return undefined;
    const { sysfs } = this.#host;
    const microwatts = await numberAt(sysfs, `${await hwmonOf(sysfs, sensor)}/power1_input`);
    return microwatts === undefined ? undefined : microwatts / 1e6;
  }
}
