/** A bus whose wire or units go silent, break, and come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busTo, honest, reply, TIMEOUT_MS, unanswered } from '#test/support/mbap-peer.ts';
import { settle } from '#test/support/virtual-clock.ts';
import { AdapterError } from '../errors.ts';

test('a connection that breaks fails its read, and the next read opens another', async () => {
  let asked = 0;
  const { bus, clock, read, wires } = busTo((request, wire) => {
    asked += 1;
    if (asked === 2) wire.destroy();
    else honest(request, wire);
  });
  assert.equal(await read(1), 1);
  await assert.rejects(read(2), { kind: 'unreachable', message: /bus pdu-net: the device closed the connection/ });
  assert.equal(await read(3), 3);
  assert.equal(wires.length, 2);
  assert.equal(bus.counters.reconnects, 1);
  assert.equal(clock.pending, 0);
});

test('reads leave a dead gateway alone for growing pauses, a control tries at once', async () => {
  let attempts = 0;
  const refused = new AdapterError('unreachable', 'the gateway refused the connection');
  const { bus, clock, read } = busTo(honest, async () => {
    attempts += 1;
    throw refused;
  });
  const attemptsAfter = async (ms: number) => {
    await clock.advance(ms);
    await assert.rejects(read(1), { kind: 'unreachable' });
    return attempts;
  };
  assert.deepEqual([await attemptsAfter(0), await attemptsAfter(499), await attemptsAfter(1)], [1, 1, 2]);
  assert.deepEqual([await attemptsAfter(999), await attemptsAfter(1)], [2, 3]);
  await assert.rejects(read(1), { kind: 'unreachable', cause: refused });
  await assert.rejects(bus.writeCoil(1, 0, false, 'lower'), refused);
  assert.equal(attempts, 4);
  for (let day = 0; day < 5; day++) await attemptsAfter(10_000);
  assert.equal(attempts, 9, 'never more than ten seconds apart');
});

test('a dead gateway is worth one warning, an attempt that was called off none', async () => {
  const dead = busTo(honest, () => Promise.reject(new AdapterError('unreachable', 'nobody there')));
  for (let attempt = 0; attempt < 3; attempt++) {
    await assert.rejects(dead.read(1), { kind: 'unreachable' });
    await dead.clock.advance(10_000);
  }
  assert.deepEqual(dead.warnings, ['bus cannot connect']);
  const slow = busTo(honest, unanswered);
  const abort = new AbortController();
  const calledOff = assert.rejects(slow.bus.read(1, 'holding', 0, 1, abort.signal));
  await settle();
  abort.abort();
  await calledOff;
  await settle();
  assert.deepEqual(slow.warnings, []);
});

test('a gateway that hangs up on every request is left alone between attempts', async () => {
  const { clock, read, wires } = busTo((_asked, wire) => wire.destroy());
  await assert.rejects(read(1), { kind: 'unreachable' });
  await assert.rejects(read(1), { kind: 'unreachable', message: /next attempt in 500 ms/ });
  await clock.advance(500);
  await assert.rejects(read(1), { kind: 'unreachable', message: /closed the connection/ });
  assert.equal(wires.length, 2);
});

test('a connection attempt that hangs is given up', async () => {
  const { clock, read } = busTo(honest, unanswered);
  const outcome = assert.rejects(read(1), { kind: 'unreachable' });
  await clock.advance(TIMEOUT_MS);
  await outcome;
});

test('a half-open connection is replaced after three time-outs in silence', async () => {
  let deaf = true;
  const { clock, read, wires } = busTo((asked, wire) => {
    if (!deaf) honest(asked, wire);
  });
  for (let attempt = 0; attempt < 3; attempt++) {
    const outcome = assert.rejects(read(1), { kind: 'timedOut' });
    await clock.advance(TIMEOUT_MS);
    await outcome;
  }
  assert.equal(wires.length, 1);
  deaf = false;
  assert.equal(await read(2), 2);
  assert.equal(wires.length, 2);
});

test('a unit that never answers does not cost the others their connection', async () => {
  const { clock, read, wires } = busTo((asked, wire) => {
    if (asked.unit !== 9) honest(asked, wire);
  });
  for (let attempt = 0; attempt < 4; attempt++) {
    const outcome = assert.rejects(read(1, 9), { kind: 'timedOut' });
    await clock.advance(TIMEOUT_MS);
    await outcome;
    assert.equal(await read(attempt), attempt);
  }
  await assert.rejects(read(1, 9), { kind: 'unreachable', message: /unit 9 is silent, it is asked again in 1000 ms/ });
  assert.equal(wires.length, 1);
});

test('an offline unit is probed now and then, and read again as soon as it answers', async () => {
  let dead = true;
  const { bus, clock, read } = busTo((asked, wire) => {
    if (!dead || asked.unit !== 9) honest(asked, wire);
  });
  for (let second = 0; second < 60; second++) {
    const outcome = read(1, 9).then(String, (error: AdapterError) => error.kind);
    await clock.advance(TIMEOUT_MS);
    assert.match(await outcome, second < 4 ? /timedOut/ : /timedOut|unreachable/);
    assert.equal(await read(second), second);
  }
  assert.equal(bus.health.unitsOffline, 1);
  assert.equal(bus.counters.timeouts, 4 + 2, 'a probe after a second and one 40 s later');
  dead = false;
  await clock.advance(40_000);
  assert.equal(await read(7, 9), 7);
  assert.deepEqual([bus.recoveriesOf(9), bus.health.unitsOffline], [2, 0], 'once it was connected, once it came back');
});

test('a cut is tried even on a unit that is offline', async () => {
  const { bus, clock, read } = busTo((asked, wire) => {
    if (asked.pdu[0] === 5) wire.write(reply(asked.transaction, asked.unit, asked.pdu.toString('hex')));
    else if (asked.unit !== 9) honest(asked, wire);
  });
  for (let miss = 0; miss < 4; miss++) {
    const outcome = assert.rejects(read(1, 9), { kind: 'timedOut' });
    await clock.advance(TIMEOUT_MS);
    await outcome;
    await read(1);
  }
  await assert.rejects(read(1, 9), { kind: 'unreachable' });
  await bus.writeCoil(9, 1, false, 'lower');
  assert.equal(await read(2, 1), 2);
});

test('a gateway that says that its unit is silent is as good as that silence', async () => {
  const { bus, clock, read } = busTo((asked, wire) => wire.write(reply(asked.transaction, asked.unit, '830b')));
  for (let second = 0; second < 4; second++) {
    await clock.advance(1000);
    await assert.rejects(read(1, 9), { kind: 'timedOut', code: 11 });
  }
  await assert.rejects(read(1, 9), { kind: 'unreachable', message: /unit 9 is silent/ });
  assert.equal(bus.counters.timeouts, 0);
});

test('start opens the wire ahead of the first request, and a dead one does not throw', async () => {
  const { bus, wires } = busTo(honest);
  bus.start();
  await settle();
  assert.equal(wires.length, 1);
  const dead = busTo(honest, () => Promise.reject(new AdapterError('unreachable', 'nobody there')));
  dead.bus.start();
  await settle();
  await assert.rejects(dead.read(1), { kind: 'unreachable' });
});
