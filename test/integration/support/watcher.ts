/** Listens to everything on a broker, as the NOC of the site would, and holds each payload against its schema. */
import assert from 'node:assert/strict';
import type { MqttClient } from 'mqtt';
import { connectAsync } from 'mqtt';
import type { Phase, RackEvent } from '#protocol/lifecycle.ts';
import type { Applied } from '#protocol/telemetry.ts';
import type { Payload, TopicName } from '#protocol/topics.ts';
import { locate, topics } from '#protocol/topics.ts';
import { Inbox } from '#test/support/inbox.ts';

export type Heard = {
  readonly topic: string;
  readonly name: TopicName;
  /** undefined where a retained topic was cleared. */
  readonly payload: unknown;
  /** As it was published; only a broker that speaks MQTT 5 tells. */
  readonly retained: boolean;
};

export class Watcher {
  readonly heard = new Inbox<Heard>();
  readonly #client: MqttClient;

  constructor(client: MqttClient) {
    this.#client = client;
  }

  async start(): Promise<void> {
    this.#client.on('message', (topic, payload, { retain }) => this.#hear(topic, payload.toString(), retain));
    await this.#client.subscribeAsync('ballast/v1/#', { qos: 1, rap: true });
  }

  async stop(): Promise<void> {
    await this.#client.endAsync(true);
  }

  /** The first payload so far that fits, or as soon as it comes. */
  first<Name extends TopicName>(name: Name, fits: (payload: Payload<Name>) => boolean = () => true) {
    return this.#find(name, fits, 0);
  }

  /** The first one from now on. */
  next<Name extends TopicName>(name: Name, fits: (payload: Payload<Name>) => boolean = () => true) {
    return this.#find(name, fits, this.heard.all.length);
  }

  /** When an order has come as far as `phase`. */
  phase(order: { id: string }, phase: Phase): Promise<RackEvent> {
    return this.first('event', (event) => event.order === order.id && event.phase === phase);
  }

  /** The phases of an order in the order they were told. */
  phases(order: { id: string }): Phase[] {
    return this.all('event').flatMap((event) => (event.order === order.id && event.phase ? [event.phase] : []));
  }

  /** When an alarm is taken back, from now on. */
  async cleared(alarm: string): Promise<void> {
    await this.heard.next(({ topic, payload }) => topic.endsWith(`/alarm/${alarm}`) && payload === undefined);
  }

  all<Name extends TopicName>(name: Name): Payload<Name>[] {
    return this.heard.all.filter((each) => each.name === name && each.payload).map((each) => each.payload as never);
  }

  async #find<Name extends TopicName>(
    name: Name,
    fits: (payload: Payload<Name>) => boolean,
    from: number,
  ): Promise<Payload<Name>> {
    const is = (each: Heard) => each.name === name && each.payload !== undefined && fits(each.payload as Payload<Name>);
    return (await this.heard.first(is, from)).payload as Payload<Name>;
  }

  #hear(topic: string, text: string, retained: boolean): void {
    const located = locate(topic);
    assert.ok(located, `${topic} is not a topic of the protocol`);
    const { name } = located;
    this.heard.push({ topic, name, payload: text === '' ? undefined : parse(name, text), retained });
  }
}

function parse(name: TopicName, text: string): unknown {
  const parsed = topics[name].schema.safeParse(JSON.parse(text));
  assert.ok(parsed.success, `${name}: ${parsed.error?.message} in ${text}`);
  return parsed.data;
}

/** Comes back by itself, and fast, when the broker was away. */
export async function openWatcher(url: string, protocolVersion: 4 | 5): Promise<Watcher> {
  const watcher = new Watcher(await connectAsync(url, { protocolVersion, reconnectPeriod: 50 }));
  await watcher.start();
  return watcher;
}

/** Whether the board says that an order has come as far as `phase`. */
export function isAt({ id }: { id: string }, phase: Phase): (applied: Applied) => boolean {
  return ({ orders }) => orders.some((each) => each.order === id && each.phase === phase);
}
