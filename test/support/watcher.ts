/** Whoever watches a site on one of its brokers: what the rack has said there, and what it says now. */
import assert from 'node:assert/strict';
import type { Ack, Phase, RackEvent } from '#protocol/lifecycle.ts';
import type { Evidence, History } from '#protocol/telemetry.ts';
import type { Payload, TopicName } from '#protocol/topics.ts';
import { locate } from '#protocol/topics.ts';
import type { MemoryBroker } from './memory-broker.ts';

export class Watcher {
  readonly broker: MemoryBroker;
  readonly events: RackEvent[] = [];
  readonly acks: Ack[] = [];
  readonly evidence: Evidence[] = [];
  readonly history: History[] = [];
  /** The last payload of each topic below the rack. */
  readonly said = new Map<string, unknown>();

  constructor(broker: MemoryBroker) {
    this.broker = broker;
    broker.subscribe('#', (topic, payload) => this.#hear(topic, payload));
  }

  /** Phases of an order in the order they were told. */
  phases(order: string): Phase[] {
    return this.events.flatMap((event) => (event.order === order && event.phase ? [event.phase] : []));
  }

  /** What was told of an order when it reached a phase, the last time. */
  step(order: string, phase: Phase): RackEvent {
    const found = this.events.findLast((event) => event.order === order && event.phase === phase);
    assert.ok(found, `${order} was never ${phase}, only ${this.phases(order).join(', ')}`);
    return found;
  }

  /** The last payload on a topic below the rack, such as `device/m01`. */
  says<Name extends TopicName>(name: Name, tail: string = name): Payload<Name> {
    assert.ok(this.said.has(tail), `nothing was said on ${tail}`);
    return this.said.get(tail) as Payload<Name>;
  }

  alarms(): string[] {
    return [...this.said.keys()].filter((tail) => tail.startsWith('alarm/')).sort();
  }

  #hear(topic: string, payload: string): void {
    const located = locate(topic);
    if (!located) return;
    if (located.name.startsWith('order') || located.name === 'command') return;
    const tail = topic.split('/').slice(5).join('/');
    if (payload === '') {
      this.said.delete(tail);
      return;
    }
    const said: unknown = JSON.parse(payload);
    this.said.set(tail, said);
    if (located.name === 'event') this.events.push(said as RackEvent);
    if (located.name === 'ack') this.acks.push(said as Ack);
    if (located.name === 'evidence') this.evidence.push(said as Evidence);
    if (located.name === 'history') this.history.push(said as History);
  }
}
