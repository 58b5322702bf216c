import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { BrokerHandlers, BrokerSession, Outgoing } from '#agent/platform/broker.ts';
import { openLog } from '#agent/platform/log.ts';
import { SendWindow } from '#agent/platform/send-window.ts';
import type { Command } from '#protocol/command.ts';
import { command } from '#protocol/command.ts';
import type { OrderRequest } from '#protocol/next-order.ts';
import { epochMs, timestampOf } from '#protocol/time.ts';
import { locate, topicOf } from '#protocol/topics.ts';
import { MemoryBroker } from '#test/support/memory-broker.ts';
import { operator } from '#test/support/operator.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import type { DryRunAnswer } from './dry-run.ts';
import { dryRun } from './dry-run.ts';

const request: OrderRequest = {
  site: 'tx1',
  issuer: 'qse-north',
  program: 'ecrs',
  to: 'all',
  target: { kind: 'ceiling', fraction: 0.4 },
  lastsS: 600,
  deadlineS: 10,
  priority: 0,
  reason: '',
};

/** Racks r07 and r08 in row-a and r09 in row-b; r09 is offline. Those in `answering` answer a command. */
function site(t: TestContext, answering: string[]) {
  const clock = new VirtualClock();
  const broker = new MemoryBroker();
  const stop = new AbortController();
  t.after(() => stop.abort());
  const head = { v: 1, at: timestampOf(clock.wall()) };
  const appear = (rack: string, group: string, status: 'online' | 'offline') => {
    const state = { ...head, status, mode: 'normal', version: '0.1.0', instance: rack, boot: 1, connection: 1 };
    broker.publish(topicOf('tx1', 'state', { rack }), JSON.stringify(state), true);
    broker.publish(topicOf('tx1', 'info', { rack }), JSON.stringify({ ...info, ...head, groups: [group] }), true);
  };
  appear('r08', 'row-a', 'online');
  appear('r07', 'row-a', 'online');
  appear('r09', 'row-b', 'offline');
  const asked: Command[] = [];
  const ack = (rack: string, id: string) => {
    const body = { ...head, rack, type: 'command', id, result: 'done', code: null, detail: '', prediction: null };
    broker.publish(topicOf('tx1', 'ack', { issuer: 'qse-north' }), JSON.stringify(body));
  };
  broker.subscribe('ballast/v1/tx1/command/#', (topic, payload) => {
    const located = locate(topic);
    if (located?.name !== 'command') return;
    const each = command.parse(JSON.parse(payload));
    asked.push(each);
    if (answering.includes(located.address.rack)) ack(located.address.rack, each.id);
  });
  let ids = 0;
  const parts = {
    clock,
    newId: () => `id${++ids}`,
    connect: (handlers: BrokerHandlers) =>
      throughWindow(broker.session('operator', handlers, { clock, log: openLog('silent'), random: () => 0.5 })),
  };
  const run = async (change: Partial<OrderRequest> = {}): Promise<DryRunAnswer[]> => {
    const answers = dryRun(operator, { ...request, ...change }, parts, stop.signal);
    await clock.advance(15_000);
    return answers;
  };
  return { broker, appear, asked, ack, run };
}

/** As a session over the network: it turns away what the broker has no room for. */
function throughWindow(session: BrokerSession): BrokerSession {
  const window = new SendWindow(20, 256);
  const publish = (message: Outgoing) =>
    window.run((done) => void session.publish(message).then((arrived) => done(arrived)));
  const { url, heardAt } = session;
  return { url, online: true, heardAt, start: () => session.start(), stop: () => session.stop(), publish };
}

const info = {
  version: '0.1.0',
  speaks: [1],
  rated_w: 6800,
  down_w: 6000,
  up_w: 0,
  down_s: 5,
  up_s: 0,
  for_s: null,
  down_curve: [],
  up_curve: [],
  config_hash: '',
  public_key: '',
  devices: [],
};

const racks = (answers: DryRunAnswer[]) => answers.map(({ rack, ack }) => `${rack} ${ack?.result ?? 'silent'}`);

test('every rack that is online is asked, with a command that lives 30 s and an order that nobody publishes', async (t) => {
  const { asked, broker, run } = site(t, ['r07', 'r08']);
  assert.deepEqual(racks(await run()), ['r07 done', 'r08 done']);
  assert.deepEqual(
    asked.map(({ scope }) => scope.to),
    ['rack/r07', 'rack/r08'],
  );
  const [first] = asked;
  assert.equal(epochMs(first?.valid_until ?? '') - epochMs(first?.issued_at ?? ''), 30_000);
  assert.equal(first?.action.order.scope.to, 'all');
  assert.deepEqual(
    broker.published.filter(({ topic }) => topic.includes('/order/')),
    [],
  );
});

test('a group is its racks, and a rack is itself', async (t) => {
  assert.deepEqual(racks(await site(t, ['r07', 'r08']).run({ to: 'group/row-a' })), ['r07 done', 'r08 done']);
  assert.deepEqual(racks(await site(t, ['r07', 'r08']).run({ to: 'rack/r08' })), ['r08 done']);
  assert.deepEqual(racks(await site(t, []).run({ to: 'group/row-b' })), []);
});

test('a rack that stays silent is told as silent, and the others are not held back for ever', async (t) => {
  assert.deepEqual(racks(await site(t, ['r08']).run()), ['r07 silent', 'r08 done']);
});

test('a thousand racks are all asked', async (t) => {
  const many = Array.from({ length: 1000 }, (_, n) => `s${n}`);
  const { appear, run } = site(t, many);
  for (const rack of many) appear(rack, 'row-s', 'online');
  const answers = await run({ to: 'group/row-s' });
  assert.deepEqual([answers.length, answers.filter(({ ack }) => ack === undefined).length], [1000, 0]);
});

test('one rack cannot answer for another', async (t) => {
  const { broker, run, ack } = site(t, ['r08']);
  broker.subscribe('ballast/v1/tx1/command/qse-north/rack/r07', (_topic, payload) => {
    ack('r08', command.parse(JSON.parse(payload)).id);
  });
  assert.deepEqual(racks(await run()), ['r07 silent', 'r08 done']);
});
