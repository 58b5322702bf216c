import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { createRack } from './rack.ts';
import type { Dial } from './whatsminer-client.ts';
import { ask, exchange, fetchToken, send } from './whatsminer-client.ts';

function setUp() {
  const clock = new VirtualClock();
  const rack = createRack({ clock, miners: [{ id: 'm01' }] });
  const miner = rack.miner('m01');
  const dial: Dial = () => rack.connect(miner.spec.host, miner.spec.port);
  return { clock, rack, miner, dial };
}

test('a silent miner takes the request and never answers', async () => {
  const { clock, miner, dial } = setUp();
  miner.faults.silent = true;
  const stream = await dial();
  const heard: string[] = [];
  stream.on('data', () => heard.push('a reply'));
  stream.on('end', () => heard.push('the end'));
  stream.write('{"cmd":"summary"}');
  await clock.advance(3_600_000);
  assert.deepEqual(heard, []);
  stream.end();
  await clock.advance(0);
  assert.deepEqual(heard, ['the end'], 'it lets go of a client that has left');
  assert.equal(clock.pending, 0);
});

test('a miner can close without a reply, or refuse the connection', async () => {
  const { miner, dial } = setUp();
  miner.faults.closesWithoutReply = true;
  assert.equal(await exchange(dial, '{"cmd":"summary"}'), '');
  miner.faults.refusesConnections = true;
  await assert.rejects(dial(), { code: 'ECONNREFUSED' });
  miner.faults.refusesConnections = false;
  await dial();
});

test('an acknowledged command may do nothing', async () => {
  const { clock, miner, dial } = setUp();
  const token = fetchToken(dial, miner.spec.password);
  await clock.advance(30);
  miner.faults.ignoresCommands = true;
  const reply = send(dial, await token, { cmd: 'power_off', respbefore: 'true' });
  await clock.advance(10_000);
  assert.equal((await reply)['Code'], 131);
  assert.equal(miner.asleep, false);
  assert.equal(miner.watts(), 3300);
  assert.deepEqual(miner.writes, ['power_off']);
});

test('a miner that answers after 21 s has acted long before', async () => {
  const { clock, miner, dial } = setUp();
  const token = fetchToken(dial, miner.spec.password);
  await clock.advance(30);
  miner.faults.answersAfterMs = 21_000;
  let answered = false;
  const reply = send(dial, await token, { cmd: 'power_off', respbefore: 'true' }).then(() => {
    answered = true;
  });
  await clock.advance(20_999);
  assert.equal(answered, false);
  assert.equal(miner.asleep, true);
  await clock.advance(1);
  await reply;
});

test('a client that gives up leaves no timer behind', async () => {
  const { clock, miner, dial } = setUp();
  miner.faults.answersAfterMs = 21_000;
  const stream = await dial();
  stream.write('{"cmd":"summary"}');
  await clock.advance(100);
  stream.destroy();
  await clock.advance(0);
  assert.equal(clock.pending, 0);
});

test('a miner can refuse, garble its replies, or be another machine', async () => {
  const { clock, miner, dial } = setUp();
  const soon = async <T>(reply: Promise<T>): Promise<T> => {
    await clock.advance(30);
    return reply;
  };
  const token = await soon(fetchToken(dial, miner.spec.password));
  for (const code of [132, 45] as const) {
    miner.faults.refusesWith = code;
    assert.equal((await soon(send(dial, token, { cmd: 'power_off' })))['Code'], code);
  }
  miner.faults.brokenJson = true;
  const text = await soon(exchange(dial, '{"cmd":"summary"}'));
  assert.throws(() => JSON.parse(text.replace('\0', '')), SyntaxError);
  miner.faults.brokenJson = false;
  miner.faults.otherMac = '02:00:00:00:00:99';
  const info = (await soon(ask(dial, 'get_miner_info')))['Msg'] as { mac: string };
  assert.equal(info.mac, '02:00:00:00:00:99');
});

test('a miner can refuse to sleep and obey everything else', async () => {
  const { clock, miner, dial } = setUp();
  const soon = async <T>(reply: Promise<T>): Promise<T> => {
    await clock.advance(30);
    return reply;
  };
  const token = await soon(fetchToken(dial, miner.spec.password));
  miner.faults.refusesSleep = true;
  assert.equal((await soon(send(dial, token, { cmd: 'power_off', respbefore: 'true' })))['Code'], 132);
  assert.equal((await soon(send(dial, token, { cmd: 'set_power_pct', percent: '50' })))['Code'], 131);
  await clock.advance(10_000);
  assert.equal(miner.asleep, false);
  assert.equal(Math.round(miner.watts()), 1650);
});
