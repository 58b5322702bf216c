import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { CommandBody } from '#protocol/command.ts';
import type { OrderBody } from '#protocol/order.ts';
import { timestampOf } from '#protocol/time.ts';
import { topicOf } from '#protocol/topics.ts';
import { ISSUER, RACK, SITE, World } from '#test/support/world.ts';

const stranger = generateKeyPairSync('ed25519').privateKey;
const commandTopic = topicOf(SITE, 'command', { issuer: ISSUER, rack: RACK });

/** A command to dry-run `order`, valid for 20 s from now. */
async function dryRun(world: World, order: OrderBody, id = 'c-1') {
  const wall = world.clock.wall();
  const body: CommandBody = {
    v: 1,
    type: 'command',
    id,
    issuer: ISSUER,
    scope: { site: SITE, to: `rack/${RACK}` },
    issued_at: timestampOf(wall),
    valid_until: timestampOf(wall + 20_000),
    action: { kind: 'dry_run', order },
  };
  return JSON.stringify(await world.sign(body));
}

test('a refusal of what its issuer signed is answered to the issuer and told as an event', async () => {
  const world = await new World().start();
  const { id } = await world.issue({ kind: 'ceiling', watts: 4000 });
  await world.clock.advance(1000);
  const [ack] = world.acks;
  assert.deepEqual([ack?.id, ack?.result, ack?.code], [id, 'refused', 'watts_need_rack_scope']);
  assert.equal(world.step(id, 'refused').code, 'watts_need_rack_scope');
  assert.ok(world.rack.miners.every(({ writes }) => writes.length === 0));
  await world.stop();
});

test('what no issuer signed is answered to nobody, and told at most ten times a minute', async () => {
  const world = await new World().start();
  const { signature: _own, ...body } = await world.order({ kind: 'ceiling', fraction: 0 });
  const forged = await world.sign(body, 'qse-north-2026', stranger);
  for (let i = 0; i < 100; i++) await world.publish(forged);
  const refusals = () => world.events.filter(({ code }) => code === 'bad_signature').length;
  assert.equal(refusals(), 10);
  await world.clock.advance(61_000);
  await world.publish(forged);
  assert.equal(refusals(), 11);
  assert.deepEqual(world.acks, []);
  assert.ok(world.rack.miners.every(({ writes }) => writes.length === 0));
  await world.stop();
});

test('what is no order at all harms nothing: the next order is carried out', async () => {
  const world = await new World().start();
  const topic = topicOf(SITE, 'orderAll', { issuer: ISSUER, program: 'ecrs' });
  for (const junk of ['{', 'null', '[]', '"x"', '{"v":1}', '{"v":1,"issuer":"\ud800"}', '\u0000', '']) {
    world.broker.publish(topic, junk);
  }
  await world.clock.advance(1000);
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  assert.equal(world.phases(id).at(-1), 'holding');
  await world.stop();
});

test('two orders with one seq raise an alarm, which the next good order clears', async () => {
  const world = await new World().start();
  const { signature: _own, ...body } = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.publish(await world.sign({ ...body, reason: 'another content' }));
  await world.clock.advance(2000);
  assert.equal(world.acks.at(-1)?.code, 'seq_conflict');
  assert.deepEqual(world.alarms(), ['alarm/seq-conflict-qse-north']);
  await world.issue({ kind: 'ceiling', fraction: 0.5 });
  await world.clock.advance(2000);
  assert.deepEqual(world.alarms(), []);
  await world.stop();
});

test('the order in force, said again by its issuer, is a repeat: answered, and nothing is done again', async () => {
  const world = await new World().start();
  const order = await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  const told = world.phases(order.id).length;
  await world.publish(order);
  await world.clock.advance(10_000);
  assert.deepEqual(
    world.acks.map(({ result }) => result),
    ['accepted', 'repeat'],
  );
  assert.equal(world.phases(order.id).length, told);
  assert.deepEqual(world.rack.miner('m04').writes, ['power_off']);
  await world.stop();
});

test('clearing an order’s topic cleans the broker and ends nothing', async () => {
  const world = await new World().start();
  await world.issue({ kind: 'ceiling', fraction: 0.4 });
  world.broker.publish(topicOf(SITE, 'orderAll', { issuer: ISSUER, program: 'ecrs' }), '', true);
  await world.clock.advance(30_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  await world.stop();
});

test('a dry run changes nothing, and predicts what the order then does', async () => {
  const world = await new World().start();
  const { signature: _unsigned, ...body } = await world.order({ kind: 'ceiling', fraction: 0.4 });
  world.broker.publish(commandTopic, await dryRun(world, body));
  await world.clock.advance(30_000);
  const prediction = world.acks[0]?.prediction;
  assert.ok(prediction);
  assert.ok(world.rack.miners.every(({ writes }) => writes.length === 0));
  assert.deepEqual([prediction.level_w, prediction.power_w, prediction.short_by_w], [4800, 12_100, 0]);

  await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  const isNear = (a: number, b: number) => Math.abs(a - b) <= 10;
  assert.ok(isNear(prediction.expected_w, world.rack.watts()), `${prediction.expected_w} W were predicted`);
  assert.deepEqual(
    prediction.cuts.map(({ device }) => device),
    world.rack.miners.filter(({ writes }) => writes.length > 0).map(({ spec }) => spec.id),
  );
  for (const { device, from_w, to_w } of prediction.cuts) {
    assert.equal(from_w, 3000);
    assert.ok(isNear(to_w, world.rack.miner(device).watts()), `${device}: ${to_w} W were predicted`);
  }
  assert.deepEqual(
    prediction.skipped.map(({ device }) => device),
    ['m01'],
  );
  await world.stop();
});

test('a dry run of a shed in mid-event predicts it from the baseline of that event', async () => {
  const world = await new World().start();
  await world.issue({ kind: 'shed', fraction: 0.3 });
  await world.clock.advance(30_000);
  const { signature: _unsigned, ...body } = await world.order({ kind: 'shed', fraction: 0.5 });
  world.broker.publish(commandTopic, await dryRun(world, body));
  await world.clock.advance(1000);
  assert.equal(world.acks.at(-1)?.prediction?.level_w, 6050);
  await world.stop();
});

test('a command is carried out once, whoever plays it again, and after a restart too', async () => {
  const world = await new World().start();
  const { signature: _unsigned, ...body } = await world.order({ kind: 'ceiling', fraction: 0.4 });
  const command = await dryRun(world, body);
  world.broker.publish(commandTopic, command);
  await world.clock.advance(1000);
  world.broker.publish(commandTopic, command);
  await world.clock.advance(1000);
  world.kill();
  await world.start();
  world.broker.publish(commandTopic, command);
  await world.clock.advance(1000);
  assert.deepEqual(
    world.acks.map(({ result, code }) => code ?? result),
    ['done', 'replayed', 'replayed'],
  );
  await world.stop();
});

test('a command that somebody has retained is refused', async () => {
  const world = new World();
  const { signature: _unsigned, ...body } = await world.order({ kind: 'ceiling', fraction: 0.4 });
  world.broker.publish(commandTopic, await dryRun(world, body), true);
  await world.start();
  assert.deepEqual(
    world.acks.map(({ code }) => code),
    ['retained_command'],
  );
  await world.stop();
});

test('without a disk to write a command down, it is not carried out', async () => {
  const world = await new World().start();
  world.store.fail = true;
  const { signature: _unsigned, ...body } = await world.order({ kind: 'ceiling', fraction: 0.4 });
  world.broker.publish(commandTopic, await dryRun(world, body));
  await world.clock.advance(1000);
  assert.equal(world.acks[0]?.result, 'refused');
  assert.match(world.acks[0]?.detail ?? '', /could not be written down/);
  await world.stop();
});
