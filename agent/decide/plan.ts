/** What a decision yields, and what it must remember until the next one. */
import type { Setting } from '#agent/state/observation.ts';
import type { StepName } from '#protocol/capability.ts';
import type { Phase } from '#protocol/lifecycle.ts';
import type { Millis, Watts, WattsPerSecond } from '#protocol/units.ts';
import type { BalanceMemory } from './balance/balance.ts';
import type { Run } from './commission/run.ts';
import type { Pace } from './course/rest.ts';
import { calm } from './course/rest.ts';
import type { Trim } from './course/trim.ts';
import type { Usage } from './demand/usage.ts';
import { noUsage } from './demand/usage.ts';
import type { Frequency } from './frequency/believed.ts';
import type { GridMemory } from './frequency/respond.ts';
import { calmGrid } from './frequency/respond.ts';
import type { Standings, Told } from './market/market.ts';
import type { BayPlan } from './place/bay-plan.ts';
import type { Appetite } from './place/steer.ts';
import { noAppetite } from './place/steer.ts';
import type { HeatMemory } from './safety/heat.ts';
import type { StartMemory } from './safety/starts.ts';
import { noStarts } from './safety/starts.ts';
import type { Reserve } from './share/reserve.ts';
import type { Stages, Staging } from './switch/switching.ts';

export type PlannedDevice = {
  readonly device: string;
  readonly want: Setting;
  readonly home: Setting;
  /** Whether the agent may touch it at all. */
  readonly hands: 'on' | 'off';
  /** Watts it draws once it runs as wanted; for a device left alone, what it is taken to draw. */
  readonly expectedW: Watts;
  /** Wanted lower than it will go: unreachable, or it does not do as told. Others are cut in its place. */
  readonly stubborn: boolean;
  /** Whether its outlets may be opened if it goes on not sleeping: the level cannot be met without. */
  readonly lastResort: boolean;
  /** For what runs on it, when it is to rest. */
  readonly notice?: Notice;
  readonly why: string;
};

export type Notice = {
  /** Wall time. */
  readonly deadline: Millis;
  /** The step that each workload is to begin with. */
  readonly by: Readonly<Record<string, StepName>>;
};

export type Plan = {
  /** The lowest ceiling in force; undefined when none binds. */
  readonly levelW: Watts | undefined;
  /** Where the ramp is on its way to the level; undefined when the rack is free. */
  readonly lineW: Watts | undefined;
  /** Where the ramp is on its way up to a floor above home; undefined when none asks for that. */
  readonly liftW: Watts | undefined;
  /** Who set the level, in words. */
  readonly why: string;
  /** What every order that binds asks, also where another goes further. */
  readonly asked: readonly string[];
  /** Watts by which the level cannot be met with the devices there are; 0 when it can. */
  readonly shortByW: Watts;
  /** What the rack draws with all that can be steered as far down, and as far up, as it goes. */
  readonly leastW: Watts;
  readonly mostW: Watts;
  readonly devices: readonly PlannedDevice[];
  /** What prices have come to; undefined when nobody tells any. */
  readonly market: Told | undefined;
  /** What has tripped, in words: too hot, wet, or without flow. */
  readonly trips: readonly string[];
  /** Why safety holds devices below what was asked of them, whatever binds. */
  readonly safety: readonly string[];
  /** Why nothing is raised just now, whatever binds; undefined when nothing speaks against it. */
  readonly noRaise: string | undefined;
  /** The grid's frequency as it was judged for this decision; undefined where no order asks about it. */
  readonly frequency: Frequency | undefined;
  /** What is to be told to workloads that share GPUs, and what each bay of those serves. */
  readonly staging: Staging;
  readonly bays: readonly BayPlan[];
  /** Voltage sags seen since the start: none of them is a reason to cut. */
  readonly sags: number;
  /** What happened to orders at this decision, in order. */
  readonly steps: readonly Step[];
};

/** One phase that an order reached. */
export type Step = {
  readonly order: string;
  readonly event: string;
  readonly issuer: string;
  readonly program: string;
  readonly phase: Phase;
  readonly levelW: Watts | undefined;
  readonly why: string;
};

/** How far one order is. */
export type Track = {
  readonly order: string;
  readonly topic: string;
  readonly event: string;
  readonly issuer: string;
  readonly program: string;
  readonly phase: Phase;
  readonly levelW: Watts | undefined;
  readonly until: Millis;
  /** When each phase was first reached, wall time. */
  readonly reached: Readonly<Partial<Record<Phase, Millis>>>;
  /** Start of the interval that `phase` speaks of; a new interval is acted on anew. */
  readonly intervalFrom?: string;
  /** Since when the meter has proved the level without a break, monotonic. */
  readonly meteredSince?: Millis;
  /** Devices not where the plan wants them, with reasons. */
  readonly short: readonly string[];
  /** Nothing more will happen to it; kept while the order is still known, so that it is not begun again. */
  readonly done: boolean;
};

/** The moving floor. */
export type Lift = { readonly levelW: Watts; readonly movedAt: Millis };

/** The moving ceiling. */
export type Line = Lift & {
  /** A raise waits until then: every rack derives its own delay from the event that ended. */
  readonly hold?: { readonly event: string; readonly until: Millis };
  /** Watts per second the orders behind it allow on the way up. */
  readonly upWPerS?: WattsPerSecond;
  /** Events that bound at the last decision. */
  readonly events: readonly string[];
};

export type Baseline = { readonly watts: Watts; readonly method: string };

export type Memory = {
  /** How each device runs when nothing binds it. */
  readonly homes: Readonly<Record<string, Setting>>;
  /** Devices the agent has moved from home and not yet seen back there. */
  readonly moved: readonly string[];
  /** The last moment, monotonic, at which a device was away from home by the agent's doing. */
  readonly cutAt?: Millis;
  /** Devices that a person has put to sleep while a line binds. */
  readonly persons: readonly string[];
  /** Best value per watt first; fixed while a line binds, so that noise moves nothing. */
  readonly ranking: readonly string[];
  /** The one device that is partly filled. */
  readonly partial?: { readonly device: string; readonly limit: number };
  /** What is cut beyond the level, since devices are known to fail. */
  readonly reserve?: Reserve;
  readonly line?: Line;
  readonly lift?: Lift;
  /** What a price has made of each device. */
  readonly market: Standings;
  readonly tracks: readonly Track[];
  /** Per event, `issuer/event`: frozen when its first order binds. */
  readonly baselines: Readonly<Record<string, Baseline>>;
  /** What the rack drew over the last hours, where a baseline is to be of them. */
  readonly usage: Usage;
  /** What the meter has shown beside what was planned. */
  readonly trim?: Trim;
  /** What each bay of GPUs serves, while placement steers. */
  readonly stages: Stages;
  /** How much inference there was to place. */
  readonly appetite: Appetite;
  /** How the AI load is evened out, while it is. */
  readonly balance?: BalanceMemory;
  /** What the cooling of each zone could bear at the last decision. */
  readonly heat: HeatMemory;
  /** Who has leave to start, and how long ago anything was cooled. */
  readonly starts: StartMemory;
  /** How the grid's frequency has been answered. */
  readonly grid: GridMemory;
  /** How often the level changes. */
  readonly pace: Pace;
  /** How far commissioning is, while it runs. */
  readonly run?: Run;
};

export const emptyMemory: Memory = {
  homes: {},
  moved: [],
  persons: [],
  ranking: [],
  market: {},
  tracks: [],
  baselines: {},
  usage: noUsage,
  stages: {},
  appetite: noAppetite,
  pace: calm,
  grid: calmGrid,
  heat: {},
  starts: noStarts,
};
