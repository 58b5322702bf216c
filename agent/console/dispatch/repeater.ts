/**
 * Says again what was ordered, byte for byte, until it ends or another order holds its topic. It heals a broker that lost
 * its memory, and tells the racks that their issuer is alive.
 */
import { endOf } from '#protocol/next-order.ts';
import type { Order } from '#protocol/order.ts';
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../browser/clock.ts';

const REPEAT_MS: Millis = 60_000;

export class Repeater {
  readonly #clock: Clock;
  readonly #say: (order: Order) => Promise<void>;
  /** By recipient, of which each has its topic. */
  readonly #orders = new Map<string, Order>();
  readonly #stop: () => void;

  constructor(clock: Clock, say: (order: Order) => Promise<void>) {
    this.#clock = clock;
    this.#say = say;
    this.#stop = clock.every(REPEAT_MS, () => this.#sayAll());
  }

  add(order: Order): void {
    this.#orders.set(order.scope.to, order);
  }

  /** What a topic of ours holds now. */
  holds({ scope: { to }, seq }: Order): void {
    const ours = this.#orders.get(to);
    if (ours && seq > ours.seq) this.#orders.delete(to);
  }

  close(): void {
    this.#stop();
  }

  #sayAll(): void {
    for (const [to, order] of this.#orders) {
      if (endOf(order) > this.#clock.wall()) void this.#say(order);
      else this.#orders.delete(to);
    }
  }
}
