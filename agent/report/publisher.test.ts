import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrokerSession, Outgoing } from '#agent/platform/broker.ts';
import type { History } from '#agent/platform/store.ts';
import type { Alarm } from '#protocol/telemetry.ts';
import { MemoryStore } from '#test/support/memory-store.ts';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { Publisher } from './publisher.ts';

/** A broker that takes so many publishes until it is given room again. */
class BusyBroker implements BrokerSession {
  readonly url = 'mqtt://busy';
  readonly online = true;
  readonly heardAt = undefined;
  readonly retained = new Map<string, string>();
  room = 0;

  start(): void {}
  async stop(): Promise<void> {}

  async publish({ topic, payload }: Outgoing): Promise<boolean> {
    if (this.room <= 0) return false;
    this.room -= 1;
    this.retained.set(topic.slice('ballast/v1/tx1/rack/r07/alarm/'.length), payload);
    return true;
  }
}

function publisherTo(broker: BusyBroker, history: History = new MemoryStore().rack('r07').history): Publisher {
  return new Publisher({ site: 'tx1', rack: 'r07', clock: new VirtualClock(), history, sessions: () => [broker] });
}

const alarm = (name: string, message = ''): Alarm => ({
  v: 1,
  at: '2026-11-21T21:00:00.000Z',
  alarm: name,
  since: '2026-11-21T21:00:00.000Z',
  severity: 'warning',
  message,
});
const messages = ({ retained }: BusyBroker) =>
  [...retained].map(([name, payload]) => [name, payload === '' ? '' : (JSON.parse(payload) as Alarm).message]);

test('of what a busy broker turned away only the newest is said, once it has room', async () => {
  const broker = new BusyBroker();
  const publisher = publisherTo(broker);
  for (const message of ['first', 'second']) {
    publisher.say('alarm', { rack: 'r07', alarm: 'a' }, alarm('a', message));
    await settle();
  }
  broker.room = 10;
  publisher.makeGood();
  publisher.makeGood();
  await settle();
  assert.deepEqual(messages(broker), [['a', 'second']]);
  assert.equal(broker.room, 9, 'it is said once');
});

test('what was taken back while a broker was busy is taken back there too', async () => {
  const broker = new BusyBroker();
  const publisher = publisherTo(broker);
  broker.room = 1;
  publisher.say('alarm', { rack: 'r07', alarm: 'a' }, alarm('a', 'first'));
  await settle();
  publisher.clear('alarm', { rack: 'r07', alarm: 'a' });
  await settle();
  broker.room = 10;
  publisher.makeGood();
  await settle();
  assert.deepEqual(messages(broker), [['a', '']]);
});

test('a broker that comes back is told everything, a part at each tick', async () => {
  const broker = new BusyBroker();
  const publisher = publisherTo(broker);
  const names = Array.from({ length: 250 }, (_, n) => `a-${n}`);
  for (const name of names) publisher.say('alarm', { rack: 'r07', alarm: name }, alarm(name));
  await settle();
  broker.room = 1000;
  publisher.repeatBoard(broker);
  await settle();
  assert.equal(broker.retained.size, 100);
  publisher.makeGood();
  publisher.makeGood();
  await settle();
  assert.deepEqual([...broker.retained.keys()].sort(), names.sort());
});

test('the disk is asked for what was kept back only while there may be some', async () => {
  const broker = new BusyBroker();
  const { history } = new MemoryStore().rack('r07');
  const asked: (number | 'in vain')[] = [];
  const take: History['take'] = async (limit) => {
    const rows = await history.take(limit);
    asked.push(asked.length === 0 ? 'in vain' : rows.length);
    if (asked.length === 1) throw new Error('the disk fails');
    return rows;
  };
  const publisher = publisherTo(broker, { ...history, take });
  const tick = () => publisher.drain().catch(() => {});
  for (let n = 0; n < 4; n++) await tick();
  assert.deepEqual(asked, ['in vain', 0]);
  publisher.keepBack('power', alarm('a'));
  await tick();
  broker.room = 10;
  for (let n = 0; n < 3; n++) await tick();
  assert.deepEqual(asked, ['in vain', 0, 1, 1, 0]);
});
