/** The grid operator: signs orders and publishes them, retained, without a line of the agent's or the command line's. */
import { createPrivateKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { connectAsync } from 'mqtt';
import type { Order, OrderBody, Target } from '#protocol/order.ts';
import { signMessage } from '#protocol/signing.ts';
import { timestampOf } from '#protocol/time.ts';
import { orderTopic } from '#protocol/topics.ts';
import { ISSUER, KEY, SITE } from '#test/support/rack-files.ts';

export class Issuer {
  readonly #client: MqttClient;
  readonly #key: string;
  #seq = Date.now();

  /** `key` is PEM text. */
  constructor(client: MqttClient, key: string) {
    this.#client = client;
    this.#key = key;
  }

  /** An order from now for ten minutes to every rack, unless said; resolves once the broker has it. */
  async order(target: Target, change: Partial<OrderBody> = {}): Promise<Order> {
    const wallMs = Date.now();
    const body: OrderBody = {
      v: 1,
      type: 'order',
      id: `o-${++this.#seq}`,
      event: 'ecrs-a',
      issuer: ISSUER,
      program: 'ecrs',
      seq: this.#seq,
      scope: { site: SITE, to: 'all' },
      issued_at: timestampOf(wallMs),
      intervals: [{ from: timestampOf(wallMs), until: timestampOf(wallMs + 600_000), target }],
      priority: 0,
      ramp: { down_w_per_s: null, up_w_per_s: null },
      deadline_s: 30,
      reason: 'a test',
      ...change,
    };
    const key = createPrivateKey(this.#key);
    const order = await signMessage(body, KEY, (bytes) => sign(null, bytes, key));
    await this.publish(order);
    return order;
  }

  /** The same bytes each time it is called with the same order. Waits for a broker that is away. */
  async publish(order: Order): Promise<void> {
    const topic = orderTopic(SITE, ISSUER, order.program, order.scope.to);
    await this.#client.publishAsync(topic, JSON.stringify(order), { qos: 1, retain: true });
  }

  async stop(): Promise<void> {
    await this.#client.endAsync(true);
  }
}

/** `folder` is where the rack's files, and beside them the operator's key, were written. */
export async function openIssuer(url: string, protocolVersion: 4 | 5, folder: string): Promise<Issuer> {
  const key = await readFile(join(folder, `${KEY}.key`), 'utf8');
  return new Issuer(await connectAsync(url, { protocolVersion, reconnectPeriod: 50 }), key);
}
