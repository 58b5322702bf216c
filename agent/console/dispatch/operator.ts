/** Whoever gives orders from the page: signs with the imported key and publishes under credentials of their own. */
import { dryRunCommand } from '#protocol/dry-run.ts';
import { parseJson } from '#protocol/json.ts';
import type { Ack, RackEvent } from '#protocol/lifecycle.ts';
import { ack, rackEvent } from '#protocol/lifecycle.ts';
import type { Order, OrderBody } from '#protocol/order.ts';
import { order as orderSchema } from '#protocol/order.ts';
import type { Sign } from '#protocol/signing.ts';
import { signMessage } from '#protocol/signing.ts';
import { filterOf, locate, orderTopic, topicOf } from '#protocol/topics.ts';
import type { Millis } from '#protocol/units.ts';
import type { Message } from '../model/message.ts';
import type { Giver } from './request.ts';

/** True once the broker has it. */
type Publish = (topic: string, payload: string, retain: boolean) => Promise<boolean>;

export type OperatorParts = {
  readonly giver: Giver;
  readonly kid: string;
  readonly sign: Sign;
  readonly publish: Publish;
  wall(): Millis;
};

/** What the broker brings that an order is about. */
export type Word =
  | { readonly kind: 'ack'; readonly ack: Ack }
  | { readonly kind: 'event'; readonly rack: string; readonly event: RackEvent }
  /** What an order topic of ours holds. */
  | { readonly kind: 'order'; readonly order: Order };

export class Operator {
  readonly giver: Giver;
  readonly #parts: OperatorParts;

  constructor(parts: OperatorParts) {
    this.giver = parts.giver;
    this.#parts = parts;
  }

  /** Answers, steps, and what our own topics hold. */
  filters(): string[] {
    const { site, issuer, program } = this.giver;
    return [
      filterOf(site, 'ack', { issuer }),
      filterOf(site, 'event'),
      filterOf(site, 'orderAll', { issuer, program }),
      filterOf(site, 'orderGroup', { issuer, program }),
      filterOf(site, 'orderRack', { issuer, program }),
    ];
  }

  async sign(order: OrderBody): Promise<Order> {
    return await signMessage(order, this.#parts.kid, this.#parts.sign);
  }

  /** The same bytes each time it is said. */
  async say(order: Order): Promise<boolean> {
    const { site, issuer, program } = this.giver;
    return await this.#parts.publish(orderTopic(site, issuer, program, order.scope.to), JSON.stringify(order), true);
  }

  /** Asks one rack what the order would do there. */
  async ask(rack: string, id: string, order: OrderBody): Promise<boolean> {
    const { site, issuer } = this.giver;
    const body = dryRunCommand(id, rack, order, this.#parts.wall());
    const command = await signMessage(body, this.#parts.kid, this.#parts.sign);
    return await this.#parts.publish(topicOf(site, 'command', { issuer, rack }), JSON.stringify(command), false);
  }
}

/** undefined for what no order is about, and for payloads of the wrong shape. */
export function wordIn({ topic, payload }: Message): Word | undefined {
  const located = locate(topic);
  const json = parseJson(payload);
  switch (located?.name) {
    case 'ack': {
      const parsed = ack.safeParse(json);
      return parsed.success ? { kind: 'ack', ack: parsed.data } : undefined;
    }
    case 'event': {
      const parsed = rackEvent.safeParse(json);
      return parsed.success ? { kind: 'event', rack: located.address.rack, event: parsed.data } : undefined;
    }
    case 'orderAll':
    case 'orderGroup':
    case 'orderRack': {
      const parsed = orderSchema.safeParse(json);
      return parsed.success ? { kind: 'order', order: parsed.data } : undefined;
    }
    default:
      return undefined;
  }
}
