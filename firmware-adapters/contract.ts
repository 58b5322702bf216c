/**
 * What every kind of hardware offers to the agent. An adapter knows its device and this file; it knows nothing of
 * orders, watts budgets or MQTT. A control that a device lacks is absent here, not a function that throws.
 */
import type { Duplex } from 'node:stream';
import type * as z from 'zod';
import type { Capability, DeviceKind, StepName } from '#protocol/capability.ts';
import type { Celsius, Millis, Seconds, Watts } from '#protocol/units.ts';
import type { Nvml } from './gpu/nvml.ts';
import type { RunCommand } from './transport/command.ts';
import type { Sysfs } from './transport/sysfs.ts';

/** The part of the agent's clock an adapter needs. Tests drive a virtual one. */
export type Clock = {
  /** Milliseconds since the epoch, by the system's clock. */
  wall(): Millis;
  /** Milliseconds that only grow. */
  monotonic(): Millis;
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: Millis, signal?: AbortSignal): Promise<void>;
  /** Calls `work` once after `ms` unless the returned function is called first. `name` appears in traces. */
  after(name: string, ms: Millis, work: () => void): () => void;
  /** A signal that aborts with a `TimeoutError` after `ms`. */
  timeout(ms: Millis): AbortSignal;
};

export type Log = {
  debug(detail: object, message: string): void;
  info(detail: object, message: string): void;
  warn(detail: object, message: string): void;
};

/** Opens a connected, no-delay byte stream, or throws `AdapterError('unreachable')`. */
export type Connect = (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;

/** What devices in this very machine are reached through. */
export type Host = {
  readonly nvml: Nvml;
  readonly sysfs: Sysfs;
  /** Starts a program and hands back what it said; throws `AdapterError`. */
  readonly run: RunCommand;
};

export type AdapterContext = {
  /** The device's id in the config, for messages. */
  id: string;
  clock: Clock;
  log: Log;
  connect: Connect;
  /** The first line of a file of secrets, named relative to the config's folder. */
  secret(file: string): Promise<string>;
  /** Absent where only the network is steered. */
  host?: Host;
};

/** What a device says it is. Every field is the device's own word, trimmed; absent when it does not say. */
export type Identity = {
  make: string;
  model?: string;
  firmware?: string;
  /** Lower case with colons. */
  mac?: string;
  serial?: string;
  hostname?: string;
};

/** One of the pools that a miner is set up with. */
export type Pool = {
  url: string;
  /** The worker's name. */
  user?: string;
  /** Whether it answers, and whether the miner works for it now. */
  alive?: boolean;
  active?: boolean;
};

/** One look at a device. A field that the device did not say is absent, never zero. */
export type DeviceReading = {
  /** Software's own word on whether it mines; the meter decides what it draws. */
  asleep?: boolean;
  powerW?: Watts;
  /** Where `powerW` comes from: measured at the PSU's input, or the firmware's estimate. */
  powerFrom?: 'psu' | 'estimate';
  /** The power limit in force in the unit of the limit control's range. */
  limit?: number;
  hashrateThs?: number;
  /** What the maker promises for this device, TH/s. */
  ratedHashrateThs?: number;
  /** Joules per terahash, by the device's own count. */
  efficiencyJPerTh?: number;
  chipMaxC?: Celsius;
  boardC?: Celsius[];
  inletC?: Celsius;
  fanRpm?: number[];
  uptimeS?: Seconds;
  gpu?: GpuReading;
  /** In the miner's own order; an unused place is left out. */
  pools?: Pool[];
  /** Codes of the faults the device reports, with its own words where it has them. */
  faults: string[];
  /** How many repairs its reply needed before it could be parsed. */
  repairs: number;
};

/** What only a GPU says. A field that it did not say is absent, never zero. */
export type GpuReading = {
  /** Share of the last second or so in which it computed, 0 to 1. */
  utilisation?: number;
  memoryUsedBytes?: number;
  memoryTotalBytes?: number;
  clockMhz?: number;
  /** Ids of the processes that compute on it. */
  processes?: number[];
  /** What holds its clocks down now, in words. */
  throttledBy: string[];
  /** Whether it is cut into slices: then it says less, and is still capped as a whole. */
  sliced?: boolean;
};

/** A control was accepted. Not yet an effect: the state must change, and the meter must fall. */
export type Ack = {
  /** The device's own words. */
  said: string;
  /** When the power should have settled, counted from now. */
  settleMs: Millis;
};

/** For a device that carries work, which needs to know until when it must rest; to others it says nothing. */
export type RestNotice = {
  /** The step that each workload is to begin with; absent for the cheapest there is. */
  by?: Readonly<Record<string, StepName>>;
  /** Wall time. */
  deadline: Millis;
};

export type Switch = { capability: Capability; run(signal?: AbortSignal, notice?: RestNotice): Promise<Ack> };
export type Dial = {
  capability: Capability & { range: NonNullable<Capability['range']> };
  /** `value` in the range's unit. `lowers` says which way this moves the power, for the device's queue. */
  run(value: number, lowers: boolean, signal?: AbortSignal): Promise<Ack>;
};

export type Controls = {
  /** Stops drawing power, keeps the control board reachable. Doing it twice is harmless. */
  sleep?: Switch & { /** Watts the sleeping device still draws. */ residualW: Watts };
  wake?: Switch;
  limit?: Dial;
  /** The outlets that feed it, where a PDU of ours has them: `run` opens all, `close` closes all. */
  outlet?: Switch & { close(signal?: AbortSignal): Promise<Ack> };
  reboot?: Switch;
  /** Makes the device blink so that a person finds it. */
  locate?: Switch & { stop(signal?: AbortSignal): Promise<Ack> };
};

export type Device = {
  /** Fetches what a fast control needs ahead of time, and keeps it fresh. Never throws: a dead device stays cold. */
  start(): void;
  stop(): Promise<void>;
  identify(signal?: AbortSignal): Promise<Identity>;
  read(signal?: AbortSignal): Promise<DeviceReading>;
  /** Read it anew each time: a control whose range only the device knows comes when the device has told it. */
  readonly controls: Controls;
};

/** What an unknown address turned out to be. */
export type Recognised = {
  identity: Identity;
  /** Watts at full load, where the device itself tells: a suggestion for the config, to be checked with the nameplate. */
  ratedW?: Watts;
  /** What the config entry needs beside `host`, as `{password_file: 'm.pw'}`; files are named, not read. */
  options?: Readonly<Record<string, string | number>>;
};

/**
 * How an address that nobody knows is asked whether it is of this kind: by reading alone, and without secrets. The
 * registry's order decides who is asked first, so an adapter says yes only to what it would steer.
 */
export type Recognition = {
  /** Its TCP ports: it is asked only where one of them is open. */
  ports: readonly [number, ...number[]];
  /**
   * undefined when something else answers there. Throws what `identify` throws: that says no as well. `context.secret`
   * always rejects.
   */
  ask(host: string, context: AdapterContext, signal: AbortSignal): Promise<Recognised | undefined>;
};

/** One kind of hardware. `options` is the part of a device's config entry that is this adapter's own. */
export type Adapter<Options = unknown> = {
  name: string;
  kind: DeviceKind;
  options: z.ZodObject;
  open(options: Options, context: AdapterContext): Device;
  /** For `ballast discover miners`; absent where the hardware has no address of its own on a network. */
  recognition?: Recognition;
};
