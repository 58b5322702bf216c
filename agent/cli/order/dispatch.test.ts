import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { openLog } from '#agent/platform/log.ts';
import type { Ack, Phase } from '#protocol/lifecycle.ts';
import type { OrderRequest } from '#protocol/next-order.ts';
import type { Order } from '#protocol/order.ts';
import { order as orderSchema } from '#protocol/order.ts';
import { signMessage } from '#protocol/signing.ts';
import { timestampOf } from '#protocol/time.ts';
import { topicOf } from '#protocol/topics.ts';
import { MemoryBroker } from '#test/support/memory-broker.ts';
import { operator } from '#test/support/operator.ts';
import { rackEvent } from '#test/support/rack-event.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { buildOrder } from './build-order.ts';
import { dispatch } from './dispatch.ts';

const TOPIC = 'ballast/v1/tx1/order/qse-north/ecrs/rack/r07';
const ceiling: OrderRequest = {
  site: 'tx1',
  issuer: 'qse-north',
  program: 'ecrs',
  to: 'rack/r07',
  target: { kind: 'ceiling', watts: 6000 },
  lastsS: 600,
  deadlineS: 10,
  priority: 0,
  reason: '',
};

/** A broker, a rack that says what the test wants, and everything the operator was told. */
function site(t: TestContext) {
  const clock = new VirtualClock();
  const broker = new MemoryBroker();
  const told: string[] = [];
  const stop = new AbortController();
  t.after(() => stop.abort());
  let ids = 0;
  const parts = {
    clock,
    newId: () => `o${++ids}`,
    connect: (handlers: Parameters<MemoryBroker['session']>[1]) =>
      broker.session('operator', handlers, { clock, log: openLog('silent'), random: () => 0.5 }),
    told: {
      order: ({ id }: Order) => void told.push(`order ${id}`),
      step: ({ rack, phase, code }: { rack: string; phase: string; code: string | null }) =>
        void told.push([rack, phase, code].filter(Boolean).join(' ')),
      note: (text: string) => void told.push(text),
    },
  };
  const sent = () => broker.published.filter((each) => each.topic === TOPIC).map((each) => each.payload);
  return {
    clock,
    broker,
    told,
    sent,
    /** The order on the topic, as every rack reads it. */
    order: () => orderSchema.parse(JSON.parse(broker.retained(TOPIC) ?? 'null')),
    run: (request: OrderRequest = ceiling) => dispatch(operator, request, parts, stop.signal),
    interrupt: (why: Error) => stop.abort(why),
    ack: (id: string, result: Ack['result'], code: Ack['code'] = null, rack = 'r07') => {
      const at = timestampOf(clock.wall());
      const ack: Ack = { v: 1, at, rack, type: 'order', id, result, code, detail: '', prediction: null };
      broker.publish(topicOf('tx1', 'ack', { issuer: 'qse-north' }), JSON.stringify(ack));
    },
    event: ({ id, event }: Order, phase: Phase, rack = 'r07') => {
      const body = rackEvent({ at: timestampOf(clock.wall()), order: id, event, phase });
      broker.publish(topicOf('tx1', 'event', { rack }), JSON.stringify(body));
    },
  };
}

test('an order is published retained and followed until the rack is back', async (t) => {
  const { clock, run, order, ack, event, told } = site(t);
  const end = run();
  await clock.advance(1000);
  assert.deepEqual(order().intervals[0]?.target, { kind: 'ceiling', watts: 6000 });
  ack('o1', 'accepted');
  event(order(), 'metered');
  await clock.advance(600_000);
  event(order(), 'ended');
  event(order(), 'restored');
  assert.equal(await end, 'restored');
  assert.deepEqual(told, ['order o1', 'r07 accepted', 'r07 metered', 'r07 ended', 'r07 restored']);
  assert.equal(clock.pending, 0);
});

test('the retained seq is read before the order is made, and outrun', async (t) => {
  const { clock, broker, run, order } = site(t);
  const ahead = buildOrder(ceiling, { nowMs: clock.wall() + 1_000_000, id: 'before', retained: undefined });
  broker.publish(TOPIC, JSON.stringify(await signMessage(ahead, operator.kid, operator.sign)), true);
  void run().catch(() => {});
  await clock.advance(1000);
  assert.equal(order().id, 'o1');
  assert.equal(order().seq, ahead.seq + 1);
});

test('the same bytes go out every 60 s until the order ends, and not after', async (t) => {
  const { clock, run, sent } = site(t);
  void run().catch(() => {});
  await clock.advance(1000);
  await clock.advance(180_000);
  assert.equal(sent().length, 4);
  assert.equal(new Set(sent()).size, 1);
  await clock.advance(3_600_000);
  assert.equal(sent().length, 10);
});

test('a broker that lost its memory and came back is given the order again', async (t) => {
  const { clock, broker, run, sent } = site(t);
  void run().catch(() => {});
  await clock.advance(1000);
  broker.offline();
  broker.clearRetained();
  broker.online();
  await clock.advance(5000);
  assert.notEqual(broker.retained(TOPIC), undefined);
  assert.equal(sent().length, 2);
});

test('a newer order on the topic is left alone: ours is not published over it', async (t) => {
  const { clock, broker, run, order } = site(t);
  const end = run();
  await clock.advance(1000);
  const newer = JSON.stringify({ ...order(), id: 'other', seq: order().seq + 1 });
  broker.publish(TOPIC, newer, true);
  assert.equal(await end, 'replaced');
  await clock.advance(120_000);
  assert.equal(broker.retained(TOPIC), newer);
});

test('a newer order that came while the operator was offline is not overwritten at the reconnect', async (t) => {
  const { clock, broker, run, order } = site(t);
  const end = run();
  await clock.advance(1000);
  const newer = JSON.stringify({ ...order(), id: 'other', seq: order().seq + 1 });
  broker.offline();
  broker.publish(TOPIC, newer, true);
  broker.online();
  await clock.advance(5000);
  assert.equal(await end, 'replaced');
  assert.equal(broker.retained(TOPIC), newer);
});

test('a refusal by the one rack asked ends it with the code', async (t) => {
  const { clock, run, ack, told } = site(t);
  const end = run();
  await clock.advance(1000);
  ack('o1', 'refused', 'program_not_allowed');
  assert.equal(await end, 'refused');
  assert.deepEqual(told, ['order o1', 'r07 refused program_not_allowed']);
});

test('with many racks in scope the first refusal does not end it: the others are still on their way', async (t) => {
  const { clock, broker, run, ack, event, told } = site(t);
  const end = run({ ...ceiling, to: 'all', target: { kind: 'ceiling', fraction: 0.4 } });
  await clock.advance(1000);
  const order = orderSchema.parse(JSON.parse(broker.retained('ballast/v1/tx1/order/qse-north/ecrs/all') ?? 'null'));
  ack('o1', 'refused', 'not_commissioned', 'r08');
  await clock.advance(3000);
  ack('o1', 'accepted');
  await clock.advance(10_000);
  event(order, 'restored');
  assert.equal(await end, 'refused');
  assert.deepEqual(told, ['order o1', 'r08 refused not_commissioned', 'r07 accepted', 'r07 restored']);
});

test('no order is made while what the broker retains may still be on its way', async (t) => {
  const { clock, broker, run, told, order } = site(t);
  void run().catch(() => {});
  await clock.advance(100);
  broker.offline();
  await clock.advance(1000);
  assert.doesNotMatch(told.join(), /order/);
  broker.online();
  await clock.advance(5000);
  assert.equal(order().id, 'o1');
});

test('when nobody answers within 10 s it says so and goes on waiting', async (t) => {
  const { clock, run, order, ack, event, told } = site(t);
  const end = run();
  await clock.advance(11_000);
  assert.match(told.at(-1) ?? '', /^no rack has answered within 10 s/);
  ack('o1', 'accepted');
  event(order(), 'restored');
  assert.equal(await end, 'restored');
});

test('without a broker it gives up with the reason instead of waiting for ever', async (t) => {
  const { clock, broker, run } = site(t);
  broker.offline();
  const end = assert.rejects(run(), /no connection to the broker/);
  await clock.advance(20_000);
  await end;
});

test('an interrupt leaves the order where it is and stops renewing it', async (t) => {
  const { clock, broker, run, sent, interrupt } = site(t);
  const end = assert.rejects(run(), /Ctrl-C/);
  await clock.advance(1000);
  interrupt(new Error('Ctrl-C'));
  await end;
  await clock.advance(300_000);
  assert.equal(sent().length, 1);
  assert.notEqual(broker.retained(TOPIC), undefined);
});
