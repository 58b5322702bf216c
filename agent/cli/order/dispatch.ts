/** Publishes an order, keeps it fresh on the broker, and tells what the racks make of it until they are done. */
import type { Clock } from '#agent/platform/clock.ts';
import type { Following, Heard, Step, Verdict } from '#protocol/follow.ts';
import { follow, startFollowing, verdict } from '#protocol/follow.ts';
import type { OrderRequest } from '#protocol/next-order.ts';
import { endOf } from '#protocol/next-order.ts';
import type { Order } from '#protocol/order.ts';
import { signMessage } from '#protocol/signing.ts';
import { filterOf, orderTopic } from '#protocol/topics.ts';
import { orInterrupted } from '../interrupt.ts';
import { buildOrder } from './build-order.ts';
import type { Operator } from './operator.ts';
import type { Connect, SiteMessage, SiteSession } from './site-session.ts';
import { openSiteSession } from './site-session.ts';

export type Told = {
  /** The order as signed, before it is published. */
  order(order: Order): void;
  step(step: Step): void;
  /** How it goes, for people. */
  note(text: string): void;
};

export type DispatchParts = { connect: Connect; clock: Clock; newId(): string; told: Told };

/** How it ended; `replaced` when a newer order took the topic over. */
export type DispatchEnd = Exclude<Verdict, 'waiting'> | 'replaced';

/** Republishing heals a broker that lost its memory and tells the racks that the issuer is alive. */
const REPUBLISH_MS = 60_000;
/** A rack answers in well under a second; the rest is a bad line. */
const ANSWER_MS = 10_000;

/** Ends when every rack that answered is done. @throws Failure, or the signal's reason. */
export async function dispatch(
  operator: Operator,
  request: OrderRequest,
  parts: DispatchParts,
  signal: AbortSignal,
): Promise<DispatchEnd> {
  const run = new Dispatch(operator, request, parts);
  run.start();
  try {
    return await orInterrupted(run.ended, signal);
  } finally {
    await run.stop();
  }
}

class Dispatch {
  readonly #operator: Operator;
  readonly #request: OrderRequest;
  readonly #parts: DispatchParts;
  readonly #topic: string;
  readonly #end = Promise.withResolvers<DispatchEnd>();
  #session: SiteSession | undefined;
  #retained: Order | undefined;
  #order: Order | undefined;
  #following: Following | undefined;
  #answersIn = false;
  #timers: (() => void)[] = [];

  constructor(operator: Operator, request: OrderRequest, parts: DispatchParts) {
    this.#operator = operator;
    this.#request = request;
    this.#parts = parts;
    this.#topic = orderTopic(request.site, request.issuer, request.program, request.to);
  }

  get ended(): Promise<DispatchEnd> {
    return this.#end.promise;
  }

  start(): void {
    const { connect, clock, told } = this.#parts;
    const { site, issuer } = this.#request;
    this.#session = openSiteSession(connect, clock, {
      subscriptions: [this.#topic, filterOf(site, 'ack', { issuer }), filterOf(site, 'event')],
      ready: () => void this.#ready().catch(this.#end.reject),
      message: (message) => this.#message(message),
      offline: (reason) => told.note(`not connected: ${reason}; trying again`),
    });
    this.#session.failed.catch(this.#end.reject);
  }

  async stop(): Promise<void> {
    for (const cancel of this.#timers) cancel();
    await this.#session?.stop();
  }

  async #ready(): Promise<void> {
    const first = this.#order === undefined;
    this.#order ??= await this.#sign();
    if (first) this.#watch(this.#order);
    await this.#publish();
  }

  async #sign(): Promise<Order> {
    const moment = { nowMs: this.#parts.clock.wall(), id: this.#parts.newId(), retained: this.#retained };
    const order = await signMessage(buildOrder(this.#request, moment), this.#operator.kid, this.#operator.sign);
    this.#parts.told.order(order);
    return order;
  }

  #watch(order: Order): void {
    const { clock } = this.#parts;
    this.#following = startFollowing(order);
    this.#timers.push(clock.every('republish', REPUBLISH_MS, () => void this.#publish()));
    this.#timers.push(clock.after('answers', ANSWER_MS, () => this.#noteSilence()));
  }

  async #publish(): Promise<void> {
    if (!this.#order || endOf(this.#order) <= this.#parts.clock.wall()) return;
    // While offline this does nothing; `ready` publishes again after every connect.
    await this.#session?.publish({ topic: this.#topic, payload: JSON.stringify(this.#order), retain: true });
  }

  #message(message: SiteMessage): void {
    switch (message.name) {
      case 'orderAll':
      case 'orderGroup':
      case 'orderRack':
        this.#onTopic(message.payload);
        break;
      case 'ack':
        this.#heard({ kind: 'ack', ack: message.payload });
        break;
      case 'event':
        this.#heard({ kind: 'event', rack: message.address.rack, event: message.payload });
        break;
    }
  }

  #onTopic(order: Order): void {
    this.#retained = order;
    // Republishing ours over a newer one would take it off the broker.
    if (this.#order && order.seq > this.#order.seq) this.#end.resolve('replaced');
  }

  #heard(heard: Heard): void {
    if (!this.#following) return;
    const { following, step } = follow(this.#following, heard);
    this.#following = following;
    if (step) this.#parts.told.step(step);
    this.#endIfDone();
  }

  #noteSilence(): void {
    this.#answersIn = true;
    this.#endIfDone();
    if (this.#following?.racks.size === 0) this.#parts.told.note(NO_ANSWER);
  }

  /** Where more than one rack may answer, the first one that is done does not speak for those still on their way. */
  #endIfDone(): void {
    if (!this.#following || !(this.#answersIn || this.#request.to.startsWith('rack/'))) return;
    const result = verdict(this.#following);
    if (result !== 'waiting') this.#end.resolve(result);
  }
}

const NO_ANSWER =
  'no rack has answered within 10 s: check the site, the issuer and the key id in their policy.yaml, and that racks ' +
  'are online; still waiting';
