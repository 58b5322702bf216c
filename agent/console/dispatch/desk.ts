/**
 * The way of one order: written, asked about, confirmed, sent and followed. Nothing is published that was not confirmed,
 * and what was confirmed is what the racks were asked about.
 */
import type { Following } from '#protocol/follow.ts';
import { follow, startFollowing } from '#protocol/follow.ts';
import type { OrderRequest } from '#protocol/next-order.ts';
import { isRelease, nextOrder } from '#protocol/next-order.ts';
import type { Order, OrderBody } from '#protocol/order.ts';
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../browser/clock.ts';
import type { Message } from '../model/message.ts';
import type { Operator } from './operator.ts';
import { wordIn } from './operator.ts';
import type { Preview } from './preview.ts';
import { answered, isComplete, startPreview } from './preview.ts';
import { Repeater } from './repeater.ts';

export type Stage =
  | { readonly kind: 'writing'; readonly trouble?: string }
  /** Racks are asked what it would do; `over` once they have answered or had their time. A release asks nobody. */
  | { readonly kind: 'asking'; readonly request: OrderRequest; readonly preview: Preview; readonly over: boolean }
  | { readonly kind: 'sent'; readonly sent: Sent };

export type Sent = {
  readonly request: OrderRequest;
  readonly order: Order;
  readonly atMs: Millis;
  /** Racks that could hear it when it was sent. */
  readonly listeners: readonly string[];
  readonly following: Following;
  /** Whether the broker has it; undefined while that is not known. */
  readonly taken: boolean | undefined;
  /** A newer order holds the topic: this one is said no more. */
  readonly replaced: boolean;
};

export type DeskParts = {
  readonly operator: Operator;
  readonly clock: Clock;
  newId(): string;
  /** Told of every change. */
  show(stage: Stage): void;
};

/** A rack answers in well under a second, a thousand of them within a few; the rest is a bad line. */
const ANSWERS_MS: Millis = 10_000;
/** Racks asked at once: a broker and a thousand racks want room to breathe. */
const AT_ONCE = 100;

export class Desk {
  readonly #parts: DeskParts;
  /** What our order topics hold, by recipient. */
  readonly #retained = new Map<string, Order>();
  readonly #repeater: Repeater;
  #stage: Stage = { kind: 'writing' };
  #cancelAsking = () => {};

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#repeater = new Repeater(parts.clock, (order) => this.#say(order));
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Whatever the broker brings. */
  hear(message: Message): void {
    const word = wordIn(message);
    if (!word) return;
    if (word.kind === 'order') this.#holds(word.order);
    if (word.kind === 'ack' && this.#stage.kind === 'asking') this.#foresee(answered(this.#stage.preview, word.ack));
    if (word.kind !== 'order' && this.#stage.kind === 'sent') {
      const { following, step } = follow(this.#stage.sent.following, word);
      if (step) this.#sent({ following });
    }
  }

  /** What is asked for, before any rack has heard of it. */
  async propose(request: OrderRequest, racks: readonly string[]): Promise<void> {
    const { clock, newId, operator } = this.#parts;
    this.#cancelAsking();
    const made = nextOrder(request, { nowMs: clock.wall(), id: newId(), retained: this.#retained.get(request.to) });
    if (made.kind !== 'order') return this.#show({ kind: 'writing', trouble: troubleOf(made) });
    const { order } = made;
    const asked = new Map(isRelease(order) ? [] : racks.map((rack) => [newId(), rack] as const));
    const preview = startPreview(order, asked);
    this.#show({ kind: 'asking', request, preview, over: asked.size === 0 });
    this.#cancelAsking = clock.after(ANSWERS_MS, () => this.#endAsking());
    const ids = [...asked];
    for (let at = 0; at < ids.length && this.#isAbout(order); at += AT_ONCE) {
      await Promise.all(ids.slice(at, at + AT_ONCE).map(([id, rack]) => operator.ask(rack, id, order)));
    }
  }

  /** What was foreseen is now meant: it begins now, and not when it was written. */
  async confirm(listeners: readonly string[]): Promise<void> {
    if (this.#stage.kind !== 'asking') return;
    const { request } = this.#stage;
    const { clock, newId, operator } = this.#parts;
    this.#cancelAsking();
    const nowMs = clock.wall();
    const made = nextOrder(request, { nowMs, id: newId(), retained: this.#retained.get(request.to) });
    if (made.kind !== 'order') return this.#show({ kind: 'writing', trouble: troubleOf(made) });
    const order = await operator.sign(made.order);
    const following = startFollowing(order);
    this.#show({
      kind: 'sent',
      sent: { request, order, atMs: nowMs, listeners, following, taken: undefined, replaced: false },
    });
    this.#repeater.add(order);
    await this.#say(order);
  }

  /** Back to the form. An order that was sent stays in force, and is said again until it ends. */
  back(): void {
    this.#cancelAsking();
    this.#show({ kind: 'writing' });
  }

  close(): void {
    this.#cancelAsking();
    this.#repeater.close();
  }

  async #say(order: Order): Promise<void> {
    const taken = await this.#parts.operator.say(order);
    if (this.#isSent(order)) this.#sent({ taken });
  }

  #holds(order: Order): void {
    this.#retained.set(order.scope.to, order);
    this.#repeater.holds(order);
    if (this.#stage.kind !== 'sent') return;
    const ours = this.#stage.sent.order;
    if (order.scope.to === ours.scope.to && order.seq > ours.seq) this.#sent({ replaced: true });
  }

  #foresee(preview: Preview): void {
    if (this.#stage.kind !== 'asking' || preview === this.#stage.preview) return;
    this.#show({ ...this.#stage, preview, over: this.#stage.over || isComplete(preview) });
  }

  #endAsking(): void {
    if (this.#stage.kind === 'asking') this.#show({ ...this.#stage, over: true });
  }

  #isAbout(order: OrderBody): boolean {
    return this.#stage.kind === 'asking' && this.#stage.preview.order === order;
  }

  #isSent(order: Order): boolean {
    return this.#stage.kind === 'sent' && this.#stage.sent.order === order;
  }

  #sent(change: Partial<Sent>): void {
    if (this.#stage.kind === 'sent') this.#show({ kind: 'sent', sent: { ...this.#stage.sent, ...change } });
  }

  #show(stage: Stage): void {
    this.#stage = stage;
    this.#parts.show(stage);
  }
}

function troubleOf(made: Exclude<ReturnType<typeof nextOrder>, { kind: 'order' }>): string {
  switch (made.kind) {
    case 'wattsOfMany':
      return 'Kilowatts are of one rack: write a percentage or a share.';
    case 'nothingToRelease':
      return 'No order of this program is in force there: nothing to release.';
    case 'malformed':
      return made.problems.join('; ');
  }
}
