import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLog } from '#agent/platform/log.ts';
import { MemoryBroker, topicMatches } from './memory-broker.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

function agent(broker: MemoryBroker, clock: VirtualClock, clientId = 'r07') {
  const seen: string[] = [];
  const session = broker.session(
    clientId,
    {
      will: (connection) => ({ topic: `state/${clientId}`, payload: `offline ${connection}`, retain: true }),
      subscriptions: () => ['order/#'],
      online: ({ connection }) => seen.push(`online ${connection}`),
      offline: (reason) => seen.push(reason),
      message: (_topic, payload, retained) => seen.push(`${Buffer.from(payload)}${retained ? ' (retained)' : ''}`),
    },
    { clock, log: openLog('silent'), random: () => 1 },
  );
  session.start();
  return { session, seen };
}

test('an order retained before, and one published during a session, both arrive', async () => {
  const broker = new MemoryBroker();
  broker.publish('order/a', 'old', true);
  const { session, seen } = agent(broker, new VirtualClock());
  await settle();
  broker.publish('order/b', 'new', true);
  broker.publish('command/b', 'not subscribed');
  await settle();
  assert.deepEqual(seen, ['online 1', 'old (retained)', 'new']);
  await session.stop();
});

test('after an outage the session comes back, growing its pauses, and hears what is retained', async () => {
  const broker = new MemoryBroker();
  const clock = new VirtualClock();
  const { session, seen } = agent(broker, clock);
  await settle();
  broker.offline();
  await settle();
  assert.equal(broker.retained('state/r07'), 'offline 1');
  assert.equal(await session.publish({ topic: 'lost', payload: 'x', retain: true }), false);
  await clock.advance(60_000);
  // 1, 2, 4, 8, 16 and 29 of the next 32 s.
  assert.equal(seen.filter((line) => line === 'the broker does not answer').length, 5);
  broker.online();
  broker.publish('order/a', 'meanwhile', true);
  await clock.advance(3_000);
  assert.deepEqual(seen.slice(-2), ['online 7', 'meanwhile (retained)']);
  assert.equal(broker.retained('lost'), undefined);
});

test('two agents with one client id push each other out ever more slowly', async () => {
  const broker = new MemoryBroker();
  const clock = new VirtualClock();
  const first = agent(broker, clock);
  await settle();
  const second = agent(broker, clock);
  await clock.advance(600_000);
  const connects = [...first.seen, ...second.seen].filter((line) => line.startsWith('online')).length;
  assert.ok(connects > 4 && connects < 40, `${connects} connects in ten minutes`);
});

test('a session that stops leaves its last word and no will, and never comes back', async () => {
  const broker = new MemoryBroker();
  const clock = new VirtualClock();
  const { session } = agent(broker, clock);
  await settle();
  await session.stop({ topic: 'state/r07', payload: 'stopped', retain: true });
  assert.equal(broker.retained('state/r07'), 'stopped');
  assert.equal(clock.pending, 0);
});

test('filters match topics by the rules of MQTT', () => {
  const yes = [
    ['a/b', 'a/b'],
    ['a/+', 'a/b'],
    ['a/#', 'a'],
    ['a/#', 'a/b/c'],
    ['#', 'a'],
    ['+/b', 'a/b'],
  ];
  const no = [
    ['a/b', 'a'],
    ['a/+', 'a'],
    ['a/+', 'a/b/c'],
    ['a', 'a/b'],
    ['b/#', 'a/b'],
  ];
  for (const [filter = '', topic = ''] of yes) assert.ok(topicMatches(filter, topic), `${filter} ${topic}`);
  for (const [filter = '', topic = ''] of no) assert.ok(!topicMatches(filter, topic), `${filter} ${topic}`);
});
