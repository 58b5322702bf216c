/**
 * What a rack says about itself. Flat, snake_case with units, null for "not available", so that any broker UI shows
 * and plots it. Readers ignore fields they do not know: a newer rack may say more.
 */
import * as z from 'zod';
import { capability, uses } from './capability.ts';
import { messageId, name, timestamp } from './ids.ts';
import { learned } from './learned.ts';
import { phase, rackEvent } from './lifecycle.ts';
import { signature } from './signing.ts';
import { signedWatts, watts, wattsPerSecond } from './units.ts';

const head = { v: z.literal(1), at: timestamp };
/** Seconds after `at` from which on this says nothing about now. */
const valid_s = z.number().positive();
const count = z.int().nonnegative();
const measured = z.number().nullable();

export const rackModes = ['normal', 'curtailed', 'observing', 'safe', 'manual'] as const;

/** Birth and will. An offline with lower counters than the newest birth is an old will and says nothing. */
export const state = z.object({
  ...head,
  status: z.enum(['online', 'offline']),
  mode: z.enum(rackModes),
  version: z.string(),
  /** A new one at every process start: two of them alive at once are two agents with one rack's name. */
  instance: z.string(),
  boot: count,
  connection: count,
});

/** Where a figure of the rack's watts comes from, best first. An estimate fills in for what nothing tells. */
export const powerSource = z.enum(['metered', 'outlets', 'devices', 'estimate']);

export const power = z.object({
  ...head,
  valid_s,
  power_w: signedWatts.nullable(),
  power_from: powerSource.nullable(),
  /** Of the oldest reading in `power_w`. */
  age_ms: measured,
  /** The lowest ceiling that binds the rack; null when only local limits do. */
  line_w: watts.nullable(),
  /** line_w - power_w; negative when over the line. */
  headroom_w: measured,
  devices_w: watts.nullable(),
  /** What the PDUs measure of all outlets that feed a device. */
  outlets_w: watts.nullable(),
  voltage_v: measured,
  /** Voltage sags seen since the agent's start; null where the policy does not say what a sag is. None of them cuts. */
  voltage_sags: count.nullable().exactOptional(),
  frequency_hz: measured,
  frequency_age_ms: measured,
  /** The smallest change of frequency that the meter can show. */
  frequency_resolution_hz: measured,
  energy_import_wh: measured,
  energy_export_wh: measured,
  pdus: z.array(
    z.object({
      pdu: name,
      /** At its inlet. */
      power_w: measured,
      age_ms: measured,
      outlets: z.array(z.object({ outlet: z.int().positive(), on: z.boolean().nullable(), power_w: measured })),
    }),
  ),
});

/**
 * Where a sensor's temperature is felt: the air that goes into the rack, the air that leaves it, the coolant (on its way
 * in, out, or either). `leak` is for one that feels no temperature that matters.
 */
export const sensorRoles = ['inlet', 'outlet', 'coolant', 'coolant_in', 'coolant_out', 'leak'] as const;

/** Of several sensors the one that gives most cause for worry counts: the warmest, the dampest, the least flow. */
export const thermal = z.object({
  ...head,
  valid_s,
  inlet_c: measured,
  inlet_age_ms: measured,
  outlet_c: measured,
  outlet_age_ms: measured,
  coolant_c: measured,
  coolant_age_ms: measured,
  coolant_in_c: measured,
  coolant_in_age_ms: measured,
  coolant_out_c: measured,
  coolant_out_age_ms: measured,
  humidity_pct: measured,
  humidity_age_ms: measured,
  flow_lpm: measured,
  flow_age_ms: measured,
  /** Of the coolant that goes in. */
  pressure_kpa: measured,
  pressure_age_ms: measured,
  /** True once any sensor is wet. */
  leak: z.boolean().nullable(),
  leak_age_ms: measured,
  sensors: z.array(
    z.object({
      sensor: name,
      role: z.enum(sensorRoles),
      temperature_c: measured,
      humidity_pct: measured,
      coolant_in_c: measured,
      coolant_out_c: measured,
      flow_lpm: measured,
      pressure_kpa: measured,
      leak: z.boolean().nullable(),
      age_ms: measured,
    }),
  ),
});

const workloadStates = ['running', 'paused', 'stopped', 'unknown'] as const;

/** GPUs that change their use together, and how far they are on the way to another. */
const bay = z.object({
  bay: name,
  gpus: z.array(name),
  serves: z.enum(uses),
  since: timestamp,
  /** Where it is going, and the step it is at; null where it stays. */
  to: z.enum(uses).nullable(),
  step: z.enum(['leave', 'free', 'enter', 'confirm', 'back']).nullable(),
  /** What it should serve by what there is to do, and why. */
  wanted: z.enum(uses),
  why: z.string(),
  /** Why the last way to another use was taken back; null where it was not. */
  last_failure: z.string().nullable(),
  /** Seconds that ways from one use to another have taken. */
  learned: z.array(z.object({ from: z.enum(uses), to: z.enum(uses), seconds: z.number().nonnegative() })),
});

/** What runs on the rack's GPUs and what it has to do. What is null is not known: never taken for idle. */
export const workload = z.object({
  ...head,
  valid_s,
  /** Absent where no workloads share GPUs in turn, and while placement is off. */
  bays: z.array(bay).exactOptional(),
  workloads: z.array(
    z.object({
      workload: name,
      adapter: z.string(),
      /** `protected`, or how readily it gives way, from 0, last, to 3, first. */
      tier: z.string(),
      gpus: z.array(name),
      state: z.enum(workloadStates),
      age_ms: measured,
      /** Requests in its queue, and being served. */
      waiting: measured,
      running: measured,
      /** Part of its cache that is in use, 0 to 1. */
      cache_use: measured,
      queue_time_s: measured,
      /** How it can give way beyond a power cap. */
      steps: z.array(z.string()),
      /** What it says that its GPUs draw together now or next; null where it says nothing. */
      hinted_w: watts.nullable(),
      last_error: z.string().nullable(),
    }),
  ),
});

export const deviceStates = [
  'awake',
  'limited',
  'asleep',
  /** Its outlets are open. */
  'unpowered',
  'unreachable',
  'unauthorised',
  'wrong_device',
  'unknown',
] as const;

/** What only a GPU says. */
const gpu = z.object({
  utilisation_pct: measured,
  memory_used_bytes: measured,
  memory_total_bytes: measured,
  clock_mhz: measured,
  /** How many processes compute on it. */
  processes: measured,
  /** What holds its clocks down now, in words. */
  throttled_by: z.array(z.string()),
  /** Whether it is cut into MIG slices. */
  sliced: z.boolean().nullable(),
});

export const device = z.object({
  ...head,
  device: name,
  state: z.enum(deviceStates),
  /** When it entered that state. */
  since: timestamp,
  /** The setting the plan wants, and why. */
  want: z.string(),
  why: z.string(),
  /** How it runs when no order binds it. */
  home: z.string().nullable(),
  /** No order touches it. */
  protected: z.boolean(),
  power_w: watts.nullable(),
  power_age_ms: measured,
  rated_w: watts,
  /** What its PDUs measure of the outlets that feed it, all together and each. */
  outlets_w: watts.nullable(),
  outlets: z.array(z.object({ outlet: z.string(), on: z.boolean().nullable(), power_w: measured, age_ms: measured })),
  /** The power limit in force, in the unit of its control's range. */
  limit: measured,
  hashrate_ths: measured,
  efficiency_j_per_th: measured,
  chip_max_c: measured,
  /** Of a GPU that has been heard. */
  gpu: gpu.exactOptional(),
  /** When it was last asked for a setting, and when it said yes. */
  asked_at: timestamp.nullable(),
  acknowledged_at: timestamp.nullable(),
  faults: z.array(z.string()),
  last_error: z.string().nullable(),
});

/** Devices that cost the same and are as fast, offered together. */
const offerBlock = z.object({
  watts,
  /** Price of energy from which on resting pays, or up to which running does; null when no price is known. */
  usd_per_mwh: measured,
  /** Of miners, by the makers' word; null for others. */
  j_per_th: measured.exactOptional(),
  seconds: z.number().nonnegative(),
  /** Share of it that comes at the first asking, 0 to 1, as learned; null until it is learned of all of them. */
  confidence: measured,
  devices: count,
});

export const info = z.object({
  ...head,
  version: z.string(),
  speaks: z.array(z.int()),
  groups: z.array(name),
  /** Sum of the steerable devices. */
  rated_w: watts,
  /** What an order could take away now, what is cut and could come back, and within how many seconds. */
  down_w: watts,
  up_w: watts,
  down_s: z.number().nonnegative(),
  up_s: z.number().nonnegative(),
  /** Why there is nothing to take away, or to come back; null where there is. */
  down_why_none: z.string().nullable().exactOptional(),
  up_why_none: z.string().nullable().exactOptional(),
  /** Seconds for which an issuer may ask for it at the most; null when none may. */
  for_s: z.number().nonnegative().nullable(),
  /** By its policy: the way back begins within so long of an order's end, and rises so fast; null for at once. */
  restore_window_s: z.number().nonnegative().exactOptional(),
  step_up_w_per_s: wattsPerSecond.nullable().exactOptional(),
  /** The same in blocks: the cheapest to rest first, and what earns most first. */
  down_curve: z.array(offerBlock),
  up_curve: z.array(offerBlock),
  config_hash: z.string(),
  /** The 32 bytes of the rack's own Ed25519 public key, base64url: checks `applied` and `evidence`. */
  public_key: z.string(),
  devices: z.array(
    z.object({
      device: name,
      adapter: z.string(),
      make: z.string().nullable(),
      model: z.string().nullable(),
      firmware: z.string().nullable(),
      rated_w: watts,
      protected: z.boolean(),
      controls: z.record(z.string(), capability),
      learned,
      /** When it was seen to move the meter and outlets that it is to move; null while orders may not touch it. */
      commissioned_at: timestamp.nullable(),
    }),
  ),
});

/** One order in force, as the rack sees it. */
const appliedOrder = z.object({
  order: messageId,
  event: name,
  issuer: name,
  program: name,
  phase,
  level_w: watts.nullable(),
  until: timestamp,
  baseline_w: watts.nullable(),
  baseline_method: z.string().nullable(),
  /** When each phase was first reached. */
  reached: z.partialRecord(phase, timestamp),
  /** Devices that are not where the plan wants them, each with the reason. */
  short: z.array(z.string()),
});

/** What people watch: the orders in force and how far each is. Signed by the rack's own key. */
export const applied = z.object({
  ...head,
  rack: name,
  line_w: watts.nullable(),
  power_w: signedWatts.nullable(),
  orders_in_force: count,
  orders: z.array(appliedOrder),
  /** Those of events that are over, as long as the broker holds them. */
  finished: z.array(appliedOrder).exactOptional(),
  /** How each device runs when no order binds it, and which are away from that. The rack believes it after a loss. */
  homes: z.record(name, z.object({ asleep: z.boolean(), limit: measured })),
  moved: z.array(name),
  signature,
});

export const alarm = z.object({
  ...head,
  alarm: name,
  since: timestamp,
  severity: z.enum(['warning', 'critical']),
  message: z.string(),
});

export const health = z.object({
  ...head,
  valid_s,
  uptime_s: z.number().nonnegative(),
  loop_lag_ms: measured,
  rss_bytes: count,
  heap_bytes: count,
  /** Of all cores, 0 to 100. */
  host_load_percent: measured,
  host_memory_available_bytes: measured,
  host_disk_free_bytes: measured,
  host_cpu_c: measured,
  /** Per source: reads, failures, and milliseconds of the last read. */
  sources: z.record(z.string(), z.object({ reads: count, failures: count, last_ms: measured })),
  /** Per bus: requests, time-outs, CRC errors, rejected late replies and so on, and its load now. */
  buses: z.record(z.string(), z.record(z.string(), z.number())),
});

/** The record of one event, from receipt to meter, chained by hash to the one before and signed by the rack. */
export const evidence = z.object({
  ...head,
  rack: name,
  event: name,
  issuer: name,
  program: name,
  orders: z.array(z.object({ order: messageId, digest: z.string() })),
  /** How many are missing in the middle of `orders` and of `steps`: a long event's first and last ones are kept. */
  orders_left_out: count,
  baseline_w: watts.nullable(),
  baseline_method: z.string().nullable(),
  steps: z.array(rackEvent),
  steps_left_out: count,
  /** Metered watts over the event, `[time, watts, age in ms]`, thinned to at most 600. */
  samples: z.array(z.tuple([timestamp, signedWatts.nullable(), measured])),
  /** SHA-256 of the record before, hex; null for the first. */
  prev_hash: z.string().nullable(),
  signature,
});

/** What could not be published when it happened, sent later, never on the live topics. */
export const history = z.object({
  ...head,
  kind: z.enum(['event', 'evidence', 'power']),
  body: z.object({}),
});

export type State = z.infer<typeof state>;
export type Power = z.infer<typeof power>;
export type Thermal = z.infer<typeof thermal>;
export type SensorRole = (typeof sensorRoles)[number];
export type Workload = z.infer<typeof workload>;
export type Bay = z.infer<typeof bay>;
export type DeviceStatus = z.infer<typeof device>;
export type OfferBlock = z.infer<typeof offerBlock>;
/** The part of `info` that says what the rack can give and take. */
export type Offered = Pick<
  Info,
  | 'rated_w'
  | 'down_w'
  | 'up_w'
  | 'down_s'
  | 'up_s'
  | 'down_why_none'
  | 'up_why_none'
  | 'for_s'
  | 'down_curve'
  | 'up_curve'
>;
export type Info = z.infer<typeof info>;
export type Applied = z.infer<typeof applied>;
export type AppliedOrder = z.infer<typeof appliedOrder>;
export type Alarm = z.infer<typeof alarm>;
export type Health = z.infer<typeof health>;
export type Evidence = z.infer<typeof evidence>;
export type History = z.infer<typeof history>;
export type RackMode = State['mode'];
export type DeviceStateName = DeviceStatus['state'];
