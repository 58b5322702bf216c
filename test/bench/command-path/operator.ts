/** The grid operator's side of the broker: publishes orders, and hears what becomes of them. */
import type { KeyObject } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { MqttClient } from 'mqtt';
import { connectAsync } from 'mqtt';
import type { RackEvent } from '#protocol/lifecycle.ts';
import type { Order, Target } from '#protocol/order.ts';
import type { Applied } from '#protocol/telemetry.ts';
import { orderTopic, topicOf } from '#protocol/topics.ts';
import type { Millis } from '#protocol/units.ts';
import { next } from './await.ts';
import { moment } from './moment.ts';
import { ISSUER, PROGRAM, RACK, SITES, signedOrder } from './site.ts';

export class Operator {
  readonly #client: MqttClient;
  readonly #issuer: KeyObject;
  readonly #heard = new EventEmitter();
  #number = 0;

  constructor(client: MqttClient, issuer: KeyObject) {
    this.#client = client;
    this.#issuer = issuer;
    client.on('message', (topic, payload) => this.#heard.emit(topic, JSON.parse(payload.toString())));
  }

  /** Resolves when the rack knows how each of `count` devices runs by itself. */
  async knowsHomes(count: number): Promise<void> {
    const topic = topicOf(SITES.agent, 'applied', { rack: RACK });
    await next<Applied>(this.#heard, topic, ({ homes }) => Object.keys(homes).length === count);
  }

  async restored({ id }: Order): Promise<void> {
    const topic = topicOf(SITES.agent, 'event', { rack: RACK });
    await next<RackEvent>(this.#heard, topic, ({ order, phase }) => order === id && phase === 'restored');
  }

  order(site: string, event: string, target: Target): Promise<Order> {
    this.#number += 1;
    return signedOrder(this.#issuer, { site, event, number: this.#number, target });
  }

  /** @returns the moment before the first byte left. */
  publish(order: Order): Millis {
    const topic = orderTopic(order.scope.site, ISSUER, PROGRAM, order.scope.to);
    const payload = JSON.stringify(order);
    const at = moment();
    this.#client.publish(topic, payload, { qos: 1, retain: true });
    return at;
  }

  async stop(): Promise<void> {
    await this.#client.endAsync();
  }
}

export async function openOperator(brokerUrl: string, issuer: KeyObject): Promise<Operator> {
  const client = await connectAsync(brokerUrl, { protocolVersion: 4 });
  if (client.stream instanceof Socket) client.stream.setNoDelay(true);
  const operator = new Operator(client, issuer);
  const names = ['applied', 'event'] as const;
  await client.subscribeAsync(
    names.map((name) => topicOf(SITES.agent, name, { rack: RACK })),
    { qos: 1 },
  );
  return operator;
}
