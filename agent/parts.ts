/** What one rack's agent is made of, and what it offers to the process around it. */
import type { Millis } from '#protocol/units.ts';
import type { IssuerKeys } from './config/keys.ts';
import type { Policy } from './config/policy.ts';
import type { Result } from './decide/commission/run.ts';
import type { Link } from './decide/explain/link.ts';
import type { BrokerHandlers, BrokerSession } from './platform/broker.ts';
import type { Identity } from './platform/identity.ts';
import type { Logger } from './platform/log.ts';
import type { RecordingFile, Recordings } from './platform/recordings.ts';
import type { SteadyClock } from './platform/steady-clock.ts';
import type { RackStore } from './platform/store.ts';
import type { Rack } from './rack/rack.ts';
import type { Raised } from './report/alarms.ts';
import type { Seal } from './report/evidence.ts';
import type { HostHealth } from './report/health.ts';
import type { RecentEvents } from './report/recent-events.ts';
import type { LocalState } from './state/picture.ts';

export type AgentParts = {
  readonly site: string;
  readonly rackId: string;
  readonly groups: readonly string[];
  readonly version: string;
  readonly configHash: string;
  readonly policy: Policy;
  readonly keys: IssuerKeys;
  readonly rack: Rack;
  readonly clock: SteadyClock;
  readonly log: Logger;
  readonly store: RackStore;
  readonly recordings: Recordings;
  readonly identity: Identity;
  readonly publicKey: string;
  /** Signs as the rack, and tells whether the rack signed. */
  readonly seal: Seal;
  sealed(message: object): boolean;
  /** Opens a session; one per broker, each of which may bring an order. */
  readonly brokers: readonly ((handlers: BrokerHandlers) => BrokerSession)[];
  host(): HostHealth;
  /** Alarms of the process: the disk, the journal. */
  processAlarms(): ReadonlyMap<string, Raised>;
  /** Told after every turn of the loop: while it is, the rack is steered. */
  alive(): void;
  /** Where many agents share a process, one that rehearses an order warms it for all. */
  readonly rehearsed?: true;
};

export type Status = {
  readonly rackId: string;
  readonly brokers: readonly BrokerStatus[];
  /** The device that commissioning tries now; empty between two. */
  readonly trying?: string;
  readonly board: Readonly<Record<string, unknown>>;
};

type BrokerStatus = {
  readonly url: string;
  readonly online: boolean;
  /** Milliseconds since anything came from it; absent when nothing ever has. */
  readonly ageMs?: Millis;
};

export type Recording = {
  readonly on: boolean;
  readonly folder: string;
  readonly files: readonly RecordingFile[];
};

/** How far commissioning is. */
export type Commissioning = {
  readonly running: boolean;
  /** Why it is over. */
  readonly over?: string;
  readonly doing?: { readonly device: string; readonly what: string; readonly forS: number };
  /** Devices whose turn has not come. */
  readonly waiting: number;
  readonly results: readonly Result[];
  /** Devices that orders may touch. */
  readonly released: readonly string[];
};

export type Agent = {
  start(): Promise<void>;
  /** Leaves every output as it is. */
  stop(): Promise<void>;
  /** Which rack, whom it is connected to, and the last payload of each retained topic by the topic's tail. */
  status(): Status;
  /** What has happened since it started; `boot` tells one start from the next. */
  readonly boot: number;
  readonly events: Pick<RecentEvents, 'after' | 'phases' | 'refusals'>;
  /** A new policy acts at once: a key that is gone ends its orders. */
  adopt(policy: Policy, keys: IssuerKeys): void;
  /** New hardware. @returns why not: a device that an order still holds would be lost from sight. */
  refit(rack: Rack, configHash: string): Promise<string | undefined>;
  /** Why the rack, or one of its devices, is set as it is. */
  explain(device?: string): Link[];
  /** The hardware at work: another one after each `refit`. */
  readonly rack: Rack;
  /** Ids of the devices it knows. */
  readonly devices: readonly string[];
  readonly local: LocalState;
  /** What a person at the rack decides; kept over restarts. */
  setLocal(local: LocalState, why: string): Promise<void>;
  readonly commissioner: {
    /** Moves these one after the other, as long as somebody looks. @returns why not. */
    begin(devices: readonly string[]): string | undefined;
    look(): Commissioning;
    end(): void;
  };
  /** Whether it records, and what there is. */
  recording(): Promise<Recording>;
  /** Goes on over restarts until it is switched off. */
  record(on: boolean): Promise<void>;
};
