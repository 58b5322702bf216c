/** Takes what the broker delivers on order and command topics: admits it or not, and answers who may be answered. */
import type { IssuerKeys } from '#agent/config/keys.ts';
import type { Policy } from '#agent/config/policy.ts';
import { someCommissioned } from '#agent/state/commissioned.ts';
import type { AcceptedOrder, Now } from '#agent/state/observation.ts';
import { BLIND, startsAt } from '#agent/state/orders.ts';
import type { Picture } from '#agent/state/picture.ts';
import type { Ack, Phase, Prediction, Refusal } from '#protocol/lifecycle.ts';
import type { Order, OrderBody } from '#protocol/order.ts';
import { timestampOf } from '#protocol/time.ts';
import { filterOf, locate } from '#protocol/topics.ts';
import { admitCommand } from './admit-command.ts';
import type { Gate } from './admit-order.ts';
import { admitOrder } from './admit-order.ts';
import { unverified } from './envelope.ts';

export type DeskParts = {
  readonly site: string;
  readonly rack: string;
  readonly groups: readonly string[];
  keys(): IssuerKeys;
  policy(): Policy;
  picture(): Picture;
  now(): Now;
  clockQuality(): 'good' | 'bad';
  /** An order that is now in the picture, together with the phases it has passed on receipt. */
  accepted(accepted: AcceptedOrder, passed: readonly Passed[]): void;
  /** The newest order of a topic came again, unchanged. */
  repeated(topic: string): void;
  /** A message that was not taken. */
  refused(refusal: Refusal, about: About): void;
  answer(issuer: string, ack: Ack): void;
  predict(order: OrderBody): Prediction;
  /** Writes a command's id down; the command is acted on once that is on disk. */
  take(key: string, until: string): Promise<void>;
};

export type About = {
  readonly topic: string;
  readonly order?: Order | undefined;
  readonly issuer?: string | undefined;
};
/** A phase passed on receipt, and why. */
export type Passed = { readonly phase: Phase; readonly why: string };

/** What an answer answers. */
type Asked = Pick<Ack, 'type' | 'id'> & { readonly issuer: string };
type Answer = Pick<Ack, 'result' | 'detail'> & Partial<Pick<Ack, 'code' | 'prediction'>>;

/** Refusals of messages that did not verify are told at most this often: anybody can send those. */
const UNVERIFIED_PER_MINUTE = 10;
/** Ids of commands remembered; each lives 30 s, so that this many cannot be replayed. */
const COMMANDS_REMEMBERED = 1000;

export class OrderDesk {
  readonly #parts: DeskParts;
  readonly #taken = new Set<string>();
  #unverified = { since: Number.NEGATIVE_INFINITY, count: 0 };

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** What to subscribe to. */
  filters(): string[] {
    const { site, rack, groups } = this.#parts;
    return [
      filterOf(site, 'orderAll'),
      ...groups.map((group) => filterOf(site, 'orderGroup', { group })),
      filterOf(site, 'orderRack', { rack }),
      filterOf(site, 'command', { rack }),
    ];
  }

  /** Commands taken before the last stop. */
  restore(keys: Iterable<string>): void {
    for (const key of keys) this.#taken.add(key);
  }

  /** @returns whether the topic was an order's or a command's. */
  receive(topic: string, payload: Uint8Array, retained: boolean): boolean {
    const located = locate(topic);
    if (!located) return false;
    const isOrder = located.name === 'orderAll' || located.name === 'orderGroup' || located.name === 'orderRack';
    if (!isOrder && located.name !== 'command') return false;
    // An empty payload only cleans the broker; it ends nothing.
    if (payload.byteLength === 0) return true;
    if (isOrder) this.#order(topic, payload);
    else this.#command(topic, located.address.issuer, payload, retained);
    return true;
  }

  /** A payload too large to be handed on. */
  tooLarge(topic: string, bytes: number): void {
    this.#refuse(unverified('too_large', `${bytes} bytes`), { topic });
  }

  #order(topic: string, payload: Uint8Array): void {
    const { orders } = this.#parts.picture();
    const gate = this.#gate();
    const admission = admitOrder(topic, payload, { own: orders[topic], blind: orders[topic + BLIND] }, gate);
    switch (admission.kind) {
      case 'accepted': {
        const { accepted } = admission;
        const later = startsAt(accepted) > gate.now.wall;
        const phase = later ? 'scheduled' : 'accepted';
        const why = later ? `begins at ${accepted.order.intervals[0]?.from}` : accepted.order.reason;
        this.#parts.accepted(accepted, [
          { phase: 'received', why: `on ${topic.split('/').slice(3).join('/')}` },
          { phase, why },
        ]);
        this.#answer(accepted.order, { result: phase, detail: why });
        return;
      }
      case 'repeat':
        this.#parts.repeated(topic);
        this.#answer(admission.order, { result: 'repeat', detail: 'already in force, nothing is done again' });
        return;
      case 'refused': {
        const { issuer, id, order } = admission;
        this.#refuse(admission, { topic, order, issuer });
        if (issuer && id) this.#answer({ issuer, id, type: 'order' }, { ...admission, result: 'refused' });
      }
    }
  }

  #command(topic: string, topicIssuer: string, payload: Uint8Array, retained: boolean): void {
    const { predict, take } = this.#parts;
    const gate = { ...this.#gate(), taken: (key: string) => this.#taken.has(key) };
    const admission = admitCommand(topicIssuer, payload, retained, gate);
    if (admission.kind === 'refused') {
      const { issuer, id } = admission;
      this.#refuse(admission, { topic, issuer });
      if (issuer && id) this.#answer({ issuer, id, type: 'command' }, { ...admission, result: 'refused' });
      return;
    }
    const { command, key } = admission;
    this.#remember(key);
    take(key, command.valid_until).then(
      () => {
        const prediction = predict(command.action.order);
        this.#answer(command, { result: 'done', detail: 'nothing was changed', prediction });
      },
      ({ message }: Error) =>
        this.#answer(command, { result: 'refused', detail: `it could not be written down: ${message}` }),
    );
  }

  #gate(): Gate {
    const { site, rack, groups, keys, policy, picture, now, clockQuality } = this.#parts;
    const commissioned = someCommissioned(picture());
    return { site, rack, groups, keys: keys(), policy: policy(), now: now(), clock: clockQuality(), commissioned };
  }

  #remember(key: string): void {
    this.#taken.add(key);
    const [oldest] = this.#taken;
    if (this.#taken.size > COMMANDS_REMEMBERED && oldest !== undefined) this.#taken.delete(oldest);
  }

  #refuse(refusal: Refusal, about: About): void {
    if (!refusal.verified && !this.#mayTellUnverified()) return;
    this.#parts.refused(refusal, about);
  }

  #mayTellUnverified(): boolean {
    const { mono } = this.#parts.now();
    if (mono - this.#unverified.since > 60_000) this.#unverified = { since: mono, count: 0 };
    return ++this.#unverified.count <= UNVERIFIED_PER_MINUTE;
  }

  #answer({ issuer, type, id }: Asked, { result, detail, code = null, prediction = null }: Answer): void {
    const { rack, now, answer } = this.#parts;
    answer(issuer, { v: 1, at: timestampOf(now().wall), rack, type, id, result, code, detail, prediction });
  }
}
