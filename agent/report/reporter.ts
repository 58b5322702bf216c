/** What the rack says of itself, and when: on change, each second, each period. */
import type { Clock } from '#agent/platform/clock.ts';
import { now } from '#agent/platform/clock.ts';
import type { Logger } from '#agent/platform/log.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { RackEvent } from '#protocol/lifecycle.ts';
import type { Applied, AppliedOrder, Bay, Evidence, Health, Offered } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { Raised } from './alarms.ts';
import { AlarmBoard, alarmsOf } from './alarms.ts';
import { DeviceBoard } from './device-board.ts';
import type { EvidenceKeeper, Seal } from './evidence.ts';
import type { Publisher } from './publisher.ts';
import type { RecentEvents } from './recent-events.ts';
import type { InfoParts, Intent } from './telemetry.ts';
import { infoPayload, powerPayload, VALID_PERIODS } from './telemetry.ts';
import { thermalPayload } from './thermal.ts';
import { workloadPayload } from './workloads.ts';

export type ReporterParts = {
  readonly rack: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly publisher: Publisher;
  readonly evidence: EvidenceKeeper;
  readonly events: RecentEvents;
  readonly seal: Seal;
  info(): InfoParts;
  health(): Omit<Health, 'v' | 'at' | 'valid_s'>;
  /** Alarms that do not follow from the picture: of the store, the orders, the broker. */
  otherAlarms(): ReadonlyMap<string, Raised>;
};

/** One turn of the loop, in the words of the wire. */
export type Report = {
  readonly picture: Picture;
  readonly lineW: Watts | undefined;
  readonly sags: number | undefined;
  readonly applied: readonly AppliedOrder[];
  /** Of events that are over. */
  readonly finished: readonly AppliedOrder[];
  readonly homes: Applied['homes'];
  readonly moved: readonly string[];
  readonly intents: ReadonlyMap<string, Intent>;
  /** What it can give and take; asked for only when it is told. */
  offered(): Offered;
  readonly bays: readonly Bay[];
};

const POWER_MS: Millis = 1000;
const INFO_MS: Millis = 1000;
const THERMAL_MS: Millis = 2000;
const WORKLOAD_MS: Millis = 2000;
const HEALTH_MS: Millis = 10_000;
const EVIDENCE_SAVE_MS: Millis = 10_000;
const KEPT_POWER_MS: Millis = 10_000;

export class Reporter {
  readonly #parts: ReporterParts;
  readonly #alarms: AlarmBoard;
  readonly #devices: DeviceBoard;
  readonly #due = new Map<string, Millis>();
  #startedAt: Millis = 0;
  #info = '';
  #applied = '';
  #signing: Promise<void> = Promise.resolve();

  constructor(parts: ReporterParts) {
    this.#parts = parts;
    this.#alarms = new AlarmBoard(parts.rack, parts.publisher);
    this.#devices = new DeviceBoard(parts.rack, parts.publisher);
  }

  start(): void {
    this.#startedAt = this.#parts.clock.monotonic();
  }

  event(event: RackEvent): void {
    this.#parts.events.add(event);
    void this.#parts.publisher.record('event', event);
  }

  /** Closes an event's record and sends it. */
  async close(event: string): Promise<void> {
    const { evidence, clock } = this.#parts;
    const record = await evidence.close(event, now(clock));
    if (record) await this.#send(event, record);
  }

  show(report: Report): void {
    const at = now(this.#parts.clock);
    this.#devices.show(report.picture, report.intents, at);
    this.#showApplied(report, at);
    this.#showInfo(report, at);
    if (!this.#isDue('power', POWER_MS, at)) return;
    this.#showPower(report, at);
    this.#showThermal(report, at);
    this.#showWorkloads(report, at);
    this.#alarms.show(new Map([...alarmsOf(report.picture, at, this.#startedAt), ...this.#parts.otherAlarms()]), at);
    this.#parts.publisher.makeGood();
    void this.#parts.publisher.drain().catch(() => {});
    if (this.#parts.publisher.online)
      for (const [event, record] of this.#parts.evidence.takeUnsent()) void this.#send(event, record);
    if (this.#isDue('health', HEALTH_MS, at)) this.#showHealth(at);
    if (this.#isDue('evidence', EVIDENCE_SAVE_MS, at)) void this.#parts.evidence.save().catch(() => {});
  }

  async #send(event: string, record: Evidence): Promise<void> {
    const { evidence, publisher } = this.#parts;
    await publisher.record('evidence', record);
    await evidence.sent(event).catch(() => {});
  }

  #showPower({ picture, ...feed }: Report, at: Now): void {
    const { publisher, evidence, rack } = this.#parts;
    const power = powerPayload(picture, feed, POWER_MS, at);
    publisher.say('power', { rack }, power);
    if (!publisher.online && this.#isDue('kept power', KEPT_POWER_MS, at)) publisher.keepBack('power', power);
    const reading = freshMeter(feedMeter(picture), at);
    evidence.sample({ powerW: reading?.powerW, ageMs: reading && at.mono - reading.at.mono }, at);
  }

  #showThermal({ picture }: Report, at: Now): void {
    const { publisher, rack } = this.#parts;
    if (Object.keys(picture.sensors).length === 0 || !this.#isDue('thermal', THERMAL_MS, at)) return;
    publisher.say('thermal', { rack }, thermalPayload(picture, THERMAL_MS, at));
  }

  #showWorkloads({ picture, bays }: Report, at: Now): void {
    const { publisher, rack } = this.#parts;
    if (Object.keys(picture.workloads).length === 0 || !this.#isDue('workload', WORKLOAD_MS, at)) return;
    publisher.say('workload', { rack }, workloadPayload(picture, bays, WORKLOAD_MS, at));
  }

  #showApplied({ applied, finished, homes, moved, lineW, picture }: Report, at: Now): void {
    const { rack } = this.#parts;
    const told = JSON.stringify({ applied, finished, homes, moved, lineW });
    // What is retained there from before the start may be the only memory that is left: it is read first.
    if (told === this.#applied || !picture.ordersKnown) return;
    this.#applied = told;
    const powerW = freshMeter(feedMeter(picture), at)?.powerW;
    const body = {
      v: 1 as const,
      at: timestampOf(at.wall),
      rack,
      line_w: lineW === undefined ? null : Math.round(lineW),
      power_w: powerW === undefined ? null : Math.round(powerW),
      orders_in_force: applied.length,
      orders: [...applied],
      finished: [...finished],
      homes,
      moved: [...moved],
    };
    // One after the other: the newest must be said last.
    this.#signing = this.#signing
      .then(() => this.#swear(body))
      .catch((error: unknown) => this.#parts.log.error({ error }, 'what is applied could not be signed'));
  }

  async #swear(body: Omit<Applied, 'signature'>): Promise<void> {
    const { rack, seal, publisher } = this.#parts;
    publisher.say('applied', { rack }, await seal(body));
  }

  #showInfo({ picture, offered }: Report, at: Now): void {
    const { rack, info, publisher } = this.#parts;
    if (!this.#isDue('info', INFO_MS, at)) return;
    const { at: _at, ...told } = infoPayload(picture, info(), offered(), at);
    const text = JSON.stringify(told);
    if (text === this.#info) return;
    this.#info = text;
    publisher.say('info', { rack }, { ...told, at: timestampOf(at.wall) });
  }

  #showHealth(at: Now): void {
    const { rack, publisher, health } = this.#parts;
    publisher.say(
      'health',
      { rack },
      { v: 1, at: timestampOf(at.wall), valid_s: (VALID_PERIODS * HEALTH_MS) / 1000, ...health() },
    );
  }

  #isDue(what: string, periodMs: Millis, at: Now): boolean {
    if (at.mono < (this.#due.get(what) ?? 0)) return false;
    this.#due.set(what, at.mono + periodMs);
    return true;
  }
}
