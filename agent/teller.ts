/** Turns what the loop and the desk did into what the rack says: events, evidence, alarms, and the state of things. */
import type { RackEvent, Refusal } from '#protocol/lifecycle.ts';
import type { Millis } from '#protocol/units.ts';
import type { Policy } from './config/policy.ts';
import { mayAct } from './decide/commission/released.ts';
import { eventKey } from './decide/demand/compose.ts';
import { offer } from './decide/offer/offer.ts';
import type { Memory, Plan } from './decide/plan.ts';
import { assumedHomes } from './decide/share/home.ts';
import {
  appliedOrders,
  baysInWords,
  finishedOrders,
  homesInWords,
  intents,
  offerInWords,
  rackMode,
} from './decide/words.ts';
import type { Turn } from './loop.ts';
import type { Clock } from './platform/clock.ts';
import { now } from './platform/clock.ts';
import type { Logger } from './platform/log.ts';
import type { Raised } from './report/alarms.ts';
import { rackEvent } from './report/events.ts';
import type { EvidenceKeeper } from './report/evidence.ts';
import type { Presence } from './report/presence.ts';
import type { Reporter } from './report/reporter.ts';
import type { About, Passed } from './sense/order-desk.ts';
import type { AcceptedOrder } from './state/observation.ts';
import type { Picture } from './state/picture.ts';

export type TellerParts = {
  readonly rack: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reporter: Reporter;
  readonly evidence: EvidenceKeeper;
  readonly presence: Presence;
  policy(): Policy;
  picture(): Picture;
};

/**
 * Between a turn that began calls and the words about it. A write leaves only when its connection has come about, and
 * telling of 200 devices takes as long as writing to them.
 */
const TELL_MS: Millis = 50;

export class Teller {
  /** Alarms about orders and the two files. */
  readonly alarms = new Map<string, Raised>();
  readonly #parts: TellerParts;
  /** Told with the next turn: what it froze belongs to their evidence. */
  #received: RackEvent[] = [];
  #untold: Turn[] = [];
  #cancel: (() => void) | undefined;

  constructor(parts: TellerParts) {
    this.#parts = parts;
  }

  accepted({ order }: AcceptedOrder, passed: readonly Passed[]): void {
    const { clock, picture } = this.#parts;
    const { id, event, issuer, program } = order;
    for (const { phase, why } of passed) {
      const subject = { order: id, event, issuer, program, phase };
      this.#received.push(rackEvent('order', subject, why, undefined, picture(), now(clock)));
    }
    this.alarms.delete(`seq-conflict-${issuer}`);
  }

  refused({ code, detail }: Refusal, { topic, order, issuer }: About): void {
    const { clock, log, picture, reporter } = this.#parts;
    log.warn({ code, detail, topic }, 'a message was refused');
    const subject = {
      order: order?.id ?? null,
      event: order?.event ?? null,
      issuer: issuer ?? null,
      program: order?.program ?? null,
    };
    const why = `${detail} (on ${topic})`;
    reporter.event(rackEvent('order', { ...subject, phase: 'refused', code }, why, undefined, picture(), now(clock)));
    if (code === 'seq_conflict' && issuer) {
      this.alarms.set(`seq-conflict-${issuer}`, { severity: 'critical', message: `${issuer}: ${detail}` });
    }
  }

  /** Something the rack or a person at it did. */
  local(why: string, device?: string): void {
    const { clock, picture, reporter } = this.#parts;
    reporter.event(rackEvent('local', { device: device ?? null }, why, undefined, picture(), now(clock)));
  }

  /** Tells the turn; one that began calls to devices only once those are on their way. */
  turned(turn: Turn): void {
    for (const event of this.#received.splice(0)) this.#tell(event, turn.picture, turn.memory);
    this.#untold.push(turn);
    if (turn.calls > 0) this.#cancel ??= this.#parts.clock.after('tell', TELL_MS, () => this.flush());
    else this.flush();
  }

  /** Tells at once what still waits. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const untold = this.#untold.splice(0);
    for (const turn of untold) this.#tellSteps(turn);
    const newest = untold.at(-1);
    if (!newest) return;
    this.#closeEvents(newest.memory);
    this.#show(newest);
  }

  #tellSteps({ at, picture, memory, steps }: Turn): void {
    for (const step of steps) this.#tell(rackEvent('order', step, step.why, step.levelW, picture, at), picture, memory);
  }

  #show({ at, picture, plan, memory }: Turn): void {
    const { rack, policy, presence, reporter } = this.#parts;
    this.#tellAssumed(assumedHomes(picture, policy(), memory));
    this.#tellTrips(plan.trips);
    this.#tellResting(plan);
    const { protect } = policy();
    presence.mode(rackMode(plan, memory, picture, at, !mayAct(picture, policy())));
    const told = intents(plan, memory, picture).map(
      ({ device, ...intent }) => [device, { ...intent, protected: protect.includes(device) }] as const,
    );
    reporter.show({
      picture,
      lineW: plan.levelW,
      sags: policy().frequency.nominal_v === undefined ? undefined : plan.sags,
      applied: appliedOrders(memory),
      finished: finishedOrders(memory),
      homes: homesInWords(memory),
      moved: memory.moved,
      intents: new Map(told),
      bays: baysInWords(plan),
      offered: () => offerInWords(offer({ picture, policy: policy(), memory, plan, rack }, at)),
    });
  }

  #tellAssumed(devices: readonly string[]): void {
    if (devices.length === 0) {
      this.alarms.delete('home-assumed');
      return;
    }
    const message = `nothing is left of how ${devices.join(', ')} ran before the order: taken to have been awake`;
    this.alarms.set('home-assumed', { severity: 'warning', message });
  }

  #tellTrips(trips: readonly string[]): void {
    if (trips.length === 0) this.alarms.delete('tripped');
    else this.alarms.set('tripped', { severity: 'critical', message: `taken down for safety: ${trips.join('; ')}` });
  }

  /** A bay that nobody could be brought back to. */
  #tellResting({ bays }: Plan): void {
    for (const { bay, stage } of bays) {
      const alarm = `bay-${bay}`;
      if (stage.serves !== 'rest' || !stage.failed) this.alarms.delete(alarm);
      else this.alarms.set(alarm, { severity: 'warning', message: `${bay} rests: ${stage.failed.why}` });
    }
  }

  #tell(event: RackEvent, picture: Picture, { baselines }: Memory): void {
    const { reporter, evidence } = this.#parts;
    reporter.event(event);
    if (event.issuer === null || event.event === null) return;
    const key = eventKey({ issuer: event.issuer, event: event.event });
    const orders = Object.values(picture.orders).flatMap((slot) => slot.orders);
    const digest = orders.find(({ order }) => order.id === event.order && order.issuer === event.issuer)?.digest;
    const order = event.order !== null && digest !== undefined ? { id: event.order, digest } : undefined;
    evidence.step(key, event, order, baselines[key]);
  }

  /** An event's record is complete when none of its orders is open any more; a crash may have come before that. */
  #closeEvents({ tracks }: Memory): void {
    const { evidence, reporter, log } = this.#parts;
    const open = tracks.filter(({ done }) => !done).map(eventKey);
    for (const key of evidence.growing) {
      if (open.includes(key)) continue;
      reporter.close(key).catch((error: unknown) => log.error({ error }, 'evidence could not be closed'));
    }
  }
}
