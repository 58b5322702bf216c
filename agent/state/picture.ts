/** The frozen state of the rack that one decision sees. Only `fold` makes a new one. */
import type { DeviceStateName } from '#protocol/telemetry.ts';
import type { Millis, Seconds, Watts } from '#protocol/units.ts';
import type { Devices } from './devices.ts';
import { deviceAt, noDevices } from './devices.ts';
import type { FrequencySample } from './frequency.ts';
import type { Still } from './frozen.ts';
import type {
  AcceptedOrder,
  DeviceFacts,
  DeviceReading,
  Hint,
  Identity,
  MeterFacts,
  MeterReading,
  Now,
  PduFacts,
  PduReading,
  SensorFacts,
  SensorReading,
  Setting,
  StageOutcome,
  Trouble,
  WorkloadFacts,
  WorkloadReading,
} from './observation.ts';

export type At<T> = T & { readonly at: Now };

/** The last thing we asked of a device. An acknowledgement is not an effect: the reading decides. */
export type Asked = {
  readonly setting: Setting;
  readonly at: Now;
  /** When this same setting was first asked for, of those in a row. */
  readonly firstAt: Now;
  readonly outcome: 'pending' | 'acknowledged' | 'failed';
  /** When it was answered, and until when its power may still move. */
  readonly answeredAt?: Now;
  readonly settledAt?: Millis;
  readonly said?: string;
  /** Why the last attempt failed. */
  readonly trouble?: Trouble;
  /** How often this same setting has been asked for in a row. */
  readonly attempts: number;
};

/** A device on its way from one setting to another. */
export type Movement = {
  readonly from: Setting;
  readonly to: Setting;
  /** When it was asked for, or when it was last seen as it had been. */
  readonly begunAt: Now;
  readonly ours: boolean;
  /** Watts it drew before, by its own word. */
  readonly saidW?: Watts;
};

export type Change = { readonly beforeW: Watts; readonly afterW: Watts };

export type Moved = Movement & {
  readonly endedAt: Now;
  /** Whether the device's own word says that it runs as it was to. */
  readonly shown: boolean;
  /** Of the feed; absent while others moved too, and where it does not cover the device or did not tell. */
  readonly feed?: Change;
  /** Of its own outlets together; absent where it has none that tell. */
  readonly outlets?: Change;
  /** Of every outlet whose watts changed notably, such as `pdu-a/3`. */
  readonly byOutlet: Readonly<Record<string, Change>>;
  /** Seconds until that share of the change was seen; absent where the beginning is not known to the second. */
  readonly after?: { readonly tenth: Seconds; readonly ninety: Seconds; readonly ninetyFive: Seconds };
};

export type DeviceView = {
  readonly facts: DeviceFacts;
  readonly state: DeviceStateName;
  readonly since: Now;
  readonly identity?: Identity;
  /** Whether it has said who it is since it was last out of reach: whoever answers there now may be another. */
  readonly identified: boolean;
  readonly reading?: At<DeviceReading>;
  readonly asked?: Asked;
  /** Whether it may have done since its last reading what was asked of it: then that reading says nothing about now. */
  readonly mayHaveMoved: boolean;
  readonly trouble?: At<Trouble>;
  /** All outlets that feed it are open, as their PDU says. */
  readonly unpowered: boolean;
  /** What it draws awake and unlimited: the nameplate, or more where it has shown more. */
  readonly fullW: Watts;
  /** On its way to another setting, and the last such way that is over. */
  readonly movement?: Movement;
  readonly moved?: Moved;
};

export type Sample = { readonly mono: Millis; readonly wall: Millis; readonly powerW: Watts };

export type MeterView = {
  readonly facts: MeterFacts;
  readonly reading?: At<MeterReading>;
  /** Readings of power within the last `SAMPLE_SPAN_MS`, oldest first. */
  readonly samples: readonly Sample[];
  /** One every few seconds, for longer. */
  readonly trend?: readonly Sample[];
  /** Readings of the frequency within the last `FREQUENCY_SPAN_MS`, oldest first. */
  readonly frequency: readonly FrequencySample[];
  /** What it has told unchanged, and since when. */
  readonly still?: Still;
  readonly trouble?: At<Trouble>;
};

/** A sensor or a PDU: what it last said, and what is wrong with it. */
export type InstrumentView<Facts, Reading> = {
  readonly facts: Facts;
  readonly reading?: At<Reading>;
  readonly trouble?: At<Trouble>;
};
export type SensorView = InstrumentView<SensorFacts, SensorReading>;
/** `earlier` are its readings of the last minutes, oldest first. */
export type PduView = InstrumentView<PduFacts, PduReading> & { readonly earlier?: readonly At<PduReading>[] };

/** `hints` are those whose time is not over, in the order of their time. */
export type WorkloadView = InstrumentView<WorkloadFacts, WorkloadReading> & {
  readonly hints: readonly Hint[];
  /** What it last came to when it was told to change with its bay. */
  readonly staged?: At<StageOutcome>;
};

/** What one order topic holds: the newest accepted seq, the order that binds or will, and those parked behind it. */
export type OrderSlot = {
  readonly seq: number;
  readonly digest: string;
  readonly orders: readonly AcceptedOrder[];
  /** When the topic's newest order last came, monotonic: its issuer was alive then. */
  readonly heardAt: Millis;
};

/** What people at the rack have said. */
export type LocalState = {
  /** Devices with hands inside: they may go down, but nobody wakes them. */
  readonly lockedOut: readonly string[];
  /** The agent touches nothing until then, wall time; absent when it works. */
  readonly manualUntil?: Millis;
  /** Whether devices are commissioned by what happens anyway. */
  readonly observes?: boolean;
};

export type Picture = {
  readonly devices: Devices;
  readonly meters: Readonly<Record<string, MeterView>>;
  readonly sensors: Readonly<Record<string, SensorView>>;
  readonly pdus: Readonly<Record<string, PduView>>;
  readonly workloads: Readonly<Record<string, WorkloadView>>;
  readonly orders: Readonly<Record<string, OrderSlot>>;
  /** Whether every retained order has been seen since the start: before that, silence is not freedom. */
  readonly ordersKnown: boolean;
  readonly local: LocalState;
  /** Devices that a person wants to be tried one after the other, and since when. */
  readonly commission?: { readonly devices: readonly string[]; readonly at: Now };
};

export const emptyPicture: Picture = {
  devices: noDevices,
  meters: {},
  sensors: {},
  pdus: {},
  workloads: {},
  orders: {},
  ordersKnown: false,
  local: { lockedOut: [] },
};

/** Whether a person runs the rack: then the agent touches nothing and offers nothing. */
export function isManual({ local }: Picture, now: Now): boolean {
  return now.wall < (local.manualUntil ?? 0);
}

/** Every device, in the order of the config. */
export function devicesOf({ devices }: Picture): DeviceView[] {
  return ([] as DeviceView[]).concat(...devices.pages);
}

/** undefined for one that the rack does not have. */
export function deviceOf({ devices }: Picture, id: string): DeviceView | undefined {
  return deviceAt(devices, id);
}

/** Those of `devices` whose address no other has taken. */
export function present(devices: readonly string[], picture: Picture): string[] {
  return devices.filter((id) => deviceOf(picture, id)?.state !== 'wrong_device');
}

/** A feed meter, if the rack has one. */
export function feedMeter(picture: Picture): MeterView | undefined {
  return Object.values(picture.meters).find((meter) => meter.facts.role === 'feed');
}

/** Milliseconds since something was seen. */
export function ageMs(seen: { at: Now } | undefined, now: Now): Millis | undefined {
  return seen && now.mono - seen.at.mono;
}
