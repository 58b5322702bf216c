/** Everything the agent can come to know, as one union. What is not here cannot influence a decision. */
import type { Capability, DeviceKind, StepName, Use } from '#protocol/capability.ts';
import type { Order } from '#protocol/order.ts';
import type { SensorRole } from '#protocol/telemetry.ts';
import type { Celsius, Hertz, KiloPascals, LitresPerMinute, Millis, Seconds, Volts, Watts } from '#protocol/units.ts';

/** One moment on both clocks: wall for orders and people, mono for ages and ramps. */
export type Now = { readonly wall: Millis; readonly mono: Millis };

/** How a device runs. `limit` is in the unit of its dial; absent means unlimited. */
export type Setting = { readonly kind: 'asleep' } | { readonly kind: 'awake'; readonly limit?: number };

/**
 * What has been learned of a device by seeing it move, on its outlets or on a meter while nothing else moved. Absent is
 * not known yet: then its controls' priors count.
 */
export type Learned = {
  /** Seconds from a call that lowers it until 10 % and 90 % of the drop were seen. */
  readonly drop10S?: Seconds;
  readonly drop90S?: Seconds;
  /** Seconds from the call to wake until it drew 95 % of what it came to. */
  readonly rampUpS?: Seconds;
  /** Share of calls, 0 to 1, that it did not carry out at the first asking. */
  readonly failureOdds?: number;
  /** Watts it was seen to draw, by setting. */
  readonly wattsAt?: readonly { readonly setting: Setting; readonly watts: Watts }[];
  /** What the odds are from: settings asked for, and those asked for again. */
  readonly calls?: number;
  readonly failed?: number;
};

/** That a device was seen to move the meter and the outlets that it is to move, with the right sign and size. */
export type Commissioned = {
  /** Wall time. */
  readonly at: Millis;
  readonly how: 'moved' | 'observed';
  /** Who it was: another in its place is not commissioned. */
  readonly adapter: string;
  readonly mac?: string;
  /** Those that moved with it, such as `pdu-a/3`. */
  readonly outlets: readonly string[];
};

export type DeviceFacts = {
  readonly id: string;
  readonly adapter: string;
  readonly kind: DeviceKind;
  readonly ratedW: Watts;
  /** Controls the device has, by name: `sleep`, `wake`, `limit`, `reboot`, `locate`. */
  readonly controls: Readonly<Record<string, Capability>>;
  /** Watts it still draws asleep; absent for a device that cannot sleep. */
  readonly residualW?: Watts;
  /** Whether the config says which device this must be: then nothing is asked of it until it has said who it is. */
  readonly identityRequired: boolean;
  /** The outlets that feed it; one for each power supply. */
  readonly outlets: readonly { readonly pdu: string; readonly outlet: number }[];
  readonly learned?: Learned;
  readonly commissioned?: Commissioned;
};

export type MeterFacts = {
  readonly id: string;
  readonly role: 'feed';
  readonly covers: 'all' | readonly string[];
  /** Watts through the meter that nothing here steers. */
  readonly otherLoadsW: Watts;
  /** Smallest change of power it can show. */
  readonly resolutionW: Watts;
  /** Smallest change of frequency it can show; absent for a meter without frequency. */
  readonly frequencyResolutionHz?: Hertz;
  readonly periodMs: Millis;
};

export type SensorFacts = {
  readonly id: string;
  readonly role: SensorRole;
  /** The devices it watches over; absent for all of the rack. */
  readonly covers?: readonly string[];
  readonly periodMs: Millis;
};

export type PduFacts = { readonly id: string; readonly periodMs: Millis };

export type Identity = {
  readonly make: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly mac?: string;
  readonly serial?: string;
};

export type DeviceReading = {
  readonly asleep?: boolean;
  readonly powerW?: Watts;
  readonly limit?: number;
  readonly hashrateThs?: number;
  readonly ratedHashrateThs?: number;
  readonly efficiencyJPerTh?: number;
  readonly chipMaxC?: Celsius;
  readonly gpu?: GpuReading;
  readonly faults: readonly string[];
};

export type GpuReading = {
  /** 0 to 1. */
  readonly utilisation?: number;
  readonly memoryUsedBytes?: number;
  readonly memoryTotalBytes?: number;
  readonly clockMhz?: number;
  /** Ids of the processes that compute on it. */
  readonly processes?: readonly number[];
  /** What holds its clocks down now, in words. */
  readonly throttledBy: readonly string[];
  readonly sliced?: boolean;
};

export type MeterReading = {
  readonly powerW?: Watts;
  /** Phase to neutral, of the same look as the frequency; the lowest of three phases. */
  readonly voltageV?: Volts;
  readonly frequencyHz?: Hertz;
  readonly energyImportWh?: number;
  readonly energyExportWh?: number;
};

export type SensorReading = {
  /** Of what the sensor's role says. */
  readonly temperatureC?: Celsius;
  readonly humidityPct?: number;
  /** Coolant on its way into the rack and out of it, where one instrument feels both. */
  readonly coolantInC?: Celsius;
  readonly coolantOutC?: Celsius;
  readonly flowLpm?: LitresPerMinute;
  /** Of the coolant that goes into the rack. */
  readonly pressureKpa?: KiloPascals;
  readonly leak?: boolean;
};

export type PduReading = {
  /** At its inlet. */
  readonly powerW?: Watts;
  readonly outlets: readonly OutletReading[];
  /** Why its hardware dead-man is not set as the config says; absent where it is, and where it has none. */
  readonly unarmed?: string;
};

export type OutletReading = {
  /** Counted from 1, as printed on the housing. */
  readonly outlet: number;
  readonly on?: boolean;
  readonly powerW?: Watts;
};

/** What runs on GPUs: an inference server, a batch or training job. */
export type WorkloadFacts = {
  readonly id: string;
  readonly adapter: string;
  /** The devices it runs on. */
  readonly gpus: readonly string[];
  /** How readily it gives way: `protected` never, 0 last, 3 first. */
  readonly tier: 'protected' | 0 | 1 | 2 | 3;
  readonly periodMs: Millis;
  /** GPUs that change their use together: of the workloads of one bay a single one runs at a time, each for its use. */
  readonly bay?: { readonly id: string; readonly serves: Exclude<Use, 'rest'> };
};

/** What is absent is unknown: never taken for idle. */
export type WorkloadReading = {
  readonly state: 'running' | 'paused' | 'stopped';
  /** Requests in its queue, and being served. */
  readonly waiting?: number;
  readonly running?: number;
  /** Part of its cache that is in use, 0 to 1. */
  readonly cacheUse?: number;
  readonly queueTimeS?: Seconds;
  /** How it can give way now, beyond a power cap. */
  readonly steps: readonly RestStep[];
};

/** One way of giving way: how long it takes until nothing computes, and the work that is lost, done again or waited for. */
export type RestStep = { readonly name: StepName; readonly takesS: Seconds; readonly lostS: Seconds };

export type StageOutcome = {
  readonly towards: 'rest' | 'work';
  readonly said: string;
  /** Why it was not done. */
  readonly trouble?: Trouble;
};

/** What a job expects its GPUs to draw together in a span to come. */
export type Hint = { readonly fromMono: Millis; readonly untilMono: Millis; readonly powerW: Watts };

/** Why a device could not be read or moved; the kinds of AdapterError. */
export type TroubleKind = 'unreachable' | 'timedOut' | 'unauthorised' | 'refused' | 'unsupported' | 'malformed';
export type Trouble = { readonly kind: TroubleKind; readonly message: string };

/** An order that was verified and accepted, with when it came. */
export type AcceptedOrder = {
  /** Where it was published; with `BLIND` behind it when the clock could not tell its time. */
  readonly topic: string;
  readonly order: Order;
  /** SHA-256 over the signed bytes, hex. */
  readonly digest: string;
  readonly receivedAt: Millis;
};

export type Observation =
  | {
      readonly kind: 'inventory';
      readonly devices: readonly DeviceFacts[];
      readonly meters: readonly MeterFacts[];
      readonly sensors: readonly SensorFacts[];
      readonly pdus: readonly PduFacts[];
      readonly workloads: readonly WorkloadFacts[];
    }
  | { readonly kind: 'meter'; readonly meter: string; readonly reading: MeterReading }
  | { readonly kind: 'meterTrouble'; readonly meter: string; readonly trouble: Trouble }
  | { readonly kind: 'sensor'; readonly sensor: string; readonly reading: SensorReading }
  | { readonly kind: 'sensorTrouble'; readonly sensor: string; readonly trouble: Trouble }
  | { readonly kind: 'pdu'; readonly pdu: string; readonly reading: PduReading }
  | { readonly kind: 'pduTrouble'; readonly pdu: string; readonly trouble: Trouble }
  | { readonly kind: 'device'; readonly device: string; readonly reading: DeviceReading }
  | { readonly kind: 'deviceTrouble'; readonly device: string; readonly trouble: Trouble }
  | { readonly kind: 'workload'; readonly workload: string; readonly reading: WorkloadReading }
  | { readonly kind: 'workloadTrouble'; readonly workload: string; readonly trouble: Trouble }
  /** What became of telling a workload of a bay to give way, or to go on. */
  | { readonly kind: 'staged'; readonly workload: string; readonly outcome: StageOutcome }
  /** A job's word on what it is about to draw, in place of all that it said before. */
  | { readonly kind: 'hints'; readonly workload: string; readonly hints: readonly Hint[] }
  /** Some devices say what can be asked of them only once they have been heard. */
  | { readonly kind: 'controls'; readonly device: string; readonly controls: DeviceFacts['controls'] }
  | { readonly kind: 'identity'; readonly device: string; readonly identity: Identity; readonly mismatch?: string }
  /** What was learned of a device before the agent started. */
  | { readonly kind: 'learned'; readonly device: string; readonly learned: Learned }
  /** A person wants these to be tried one after the other; without any, no longer. */
  | { readonly kind: 'commission'; readonly devices?: readonly string[] }
  | { readonly kind: 'commissioned'; readonly device: string; readonly commissioned: Commissioned }
  | { readonly kind: 'order'; readonly accepted: AcceptedOrder }
  /** The order in force on a topic was said again, unchanged. */
  | { readonly kind: 'repeated'; readonly topic: string }
  /** A person at the rack: which devices are locked out, and until when the rack is run by hand. */
  | { readonly kind: 'local'; readonly lockedOut: readonly string[]; readonly manualUntil?: Millis }
  /** Wall time was set: from now on it shows `byMs` more, or less. */
  | { readonly kind: 'clockSet'; readonly byMs: Millis }
  /** Everything the broker retains for us has arrived at least once. */
  | { readonly kind: 'ordersKnown' }
  /** Of every device that a turn calls: a rack is asked at once. */
  | { readonly kind: 'asked'; readonly asks: readonly { readonly device: string; readonly setting: Setting }[] }
  | { readonly kind: 'acknowledged'; readonly device: string; readonly settleMs: Millis; readonly said: string }
  | { readonly kind: 'notDone'; readonly device: string; readonly trouble: Trouble };
