/** An embedded broker with one rack on it that checks signatures and then says what its script says. */
import type { KeyObject } from 'node:crypto';
import { verify } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { Aedes } from 'aedes';
import type { Command } from '#protocol/command.ts';
import { command } from '#protocol/command.ts';
import type { Ack, Phase, RackEvent } from '#protocol/lifecycle.ts';
import type { Order } from '#protocol/order.ts';
import { order } from '#protocol/order.ts';
import { bytesToSign, fromBase64Url } from '#protocol/signing.ts';
import type { State } from '#protocol/telemetry.ts';
import { locate, topicOf } from '#protocol/topics.ts';
import { rackEvent } from '#test/support/rack-event.ts';

const AT = '2026-11-21T21:00:00.000Z';

export type Script = {
  key: KeyObject;
  onOrder?(order: Order, rack: ScriptedRack): void;
  onCommand?(command: Command, rack: ScriptedRack): void;
};

export type ScriptedRack = {
  url: string;
  /** Every order that arrived with a good signature. */
  orders: Order[];
  ack(id: string, type: Ack['type'], result: Ack['result'], change?: Partial<Ack>): void;
  event(order: Order, phase: Phase, why?: string): void;
};

/** Rack r07 of site tx1, online. Stops with the test. */
export async function scriptedRack(t: TestContext, script: Script): Promise<ScriptedRack> {
  const broker = await Aedes.createBroker();
  const server = createServer({ noDelay: true }, broker.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    await new Promise<void>((done) => broker.close(() => done()));
    server.close();
  });
  const publish = (topic: string, body: object, retain = false) =>
    broker.publish(
      { cmd: 'publish', topic, payload: JSON.stringify(body), retain, qos: 1, dup: false },
      (error) => void (error && t.diagnostic(error.message)),
    );
  const rack: ScriptedRack = {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    orders: [],
    ack: (id, type, result, change = {}) => {
      const body = { v: 1, at: AT, rack: 'r07', type, id, result, code: null, detail: '', prediction: null, ...change };
      publish(topicOf('tx1', 'ack', { issuer: 'qse-north' }), body);
    },
    event: (about, phase, why = '') => publish(topicOf('tx1', 'event', { rack: 'r07' }), eventOf(about, phase, why)),
  };
  broker.on('publish', ({ topic, payload }) => {
    const located = locate(topic);
    const json: unknown = located?.name.match(/^(order|command)/) ? JSON.parse(payload.toString()) : undefined;
    if (!json || !isSigned(json, script.key)) return;
    if (located?.name === 'command') script.onCommand?.(command.parse(json), rack);
    else script.onOrder?.(rack.orders[rack.orders.push(order.parse(json)) - 1] as Order, rack);
  });
  publish(topicOf('tx1', 'state', { rack: 'r07' }), online, true);
  return rack;
}

const online: State = {
  v: 1,
  at: AT,
  status: 'online',
  mode: 'normal',
  version: '0.1.0',
  instance: 'scripted',
  boot: 1,
  connection: 1,
};

function eventOf({ id, event, issuer, program }: Order, phase: Phase, why: string): RackEvent {
  return rackEvent({ order: id, event, issuer, program, phase, why });
}

function isSigned(json: unknown, key: KeyObject): boolean {
  const { signature } = json as Order;
  return verify(null, bytesToSign(json as object), key, fromBase64Url(signature.value));
}
