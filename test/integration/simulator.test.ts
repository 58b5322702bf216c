import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '#agent/platform/clock.ts';
import { md5crypt } from '#test/simulator/md5crypt.ts';
import type { Address } from '#test/simulator/rack.ts';
import { createRack } from '#test/simulator/rack.ts';
import { ask, exchange, fetchToken, send } from '#test/simulator/whatsminer-client.ts';
import { needs, needsPython } from './support/needs.ts';

const run = promisify(execFile);
const PATIENCE = 30_000;

/** Two miners and a meter on real ports, without noise, so that every number is known. */
async function listen(t: TestContext) {
  const rack = createRack({ clock: systemClock, miners: [{ id: 'm01' }, { id: 'm02', asleep: true }] });
  const addresses = await rack.listen();
  t.after(() => rack.stop());
  const at = (id: string): Address => addresses.get(id) ?? assert.fail(`no address for ${id}`);
  return { rack, at, dial: (id: string) => () => dial(at(id)) };
}

async function dial({ host, port }: Address): Promise<Socket> {
  const socket = connect({ host, port });
  await once(socket, 'connect');
  return socket;
}

test('pymodbus reads from the simulated meter what the physics says', {
  ...needsPython('python3-pymodbus', 'pymodbus'),
  timeout: PATIENCE,
}, async (t) => {
  const { rack, at } = await listen(t);
  rack.feed.frequencyHz.moveTo(59.97);
  const script = fileURLToPath(new URL('./support/read-floats.py', import.meta.url));
  const addresses = [0x0034, 0x000c, 0x0000, 0x0046, 0x003e, 0x1000].map(String);
  const { stdout } = await run('/usr/bin/python3', [script, String(at('feed').port), ...addresses]);
  assert.equal(rack.watts(), 3300 + 20 + 150);
  const expected = [rack.watts(), rack.watts() / 3, 240, 59.97, 0.99].map(Math.fround);
  assert.deepEqual(JSON.parse(stdout), [...expected, { exception: 2 }]);
});

test('mbpoll reads the same', { ...needs('mbpoll', 'mbpoll'), timeout: PATIENCE }, async (t) => {
  const { rack, at } = await listen(t);
  const { port } = at('feed');
  const options = [
    '-m',
    'tcp',
    '-p',
    `${port}`,
    '-a',
    '1',
    '-t',
    '3:float',
    '-B',
    '-0',
    '-r',
    '52',
    '-c',
    '1',
    '-1',
    '-q',
  ];
  const { stdout } = await run('mbpoll', [...options, '127.0.0.1']);
  assert.match(stdout, new RegExp(`^\\[52\\]:\\s+${rack.watts()}$`, 'm'));
});

test('md5crypt agrees with openssl for passwords and salts of every length', {
  ...needs('openssl', 'openssl'),
  timeout: PATIENCE,
}, async () => {
  const text = 'aB3$./ é"xyz0123456789 longer than two digests of md5';
  for (const [length, saltLength] of [
    [1, 1],
    [5, 8],
    [15, 3],
    [16, 8],
    [17, 8],
    [33, 8],
    [text.length, 2],
  ] as const) {
    const password = text.slice(0, length);
    const salt = 'q7Wx./Zk'.slice(0, saltLength);
    const { stdout } = await run('openssl', ['passwd', '-1', '-salt', salt, password]);
    assert.equal(`$1$${salt}$${md5crypt(password, salt)}`, stdout.trim());
  }
});

test('a miner is switched off over TCP', { timeout: PATIENCE }, async (t) => {
  const { rack, dial } = await listen(t);
  const miner = rack.miner('m01');
  const token = await fetchToken(dial('m01'), miner.spec.password);
  assert.equal((await send(dial('m01'), token, { cmd: 'power_off', respbefore: 'true' }))['Code'], 131);
  assert.deepEqual(miner.writes, ['power_off']);
  const [status] = await Promise.all([ask(dial('m02'), 'status'), ask(dial('m01'), 'summary')]);
  assert.equal((status['Msg'] as { mineroff: string }).mineroff, 'true');
});

test('a client that closes its side first still gets the reply', { timeout: PATIENCE }, async (t) => {
  const { at } = await listen(t);
  const socket = connect({ ...at('m01'), allowHalfOpen: true });
  socket.end('{"command":"get_version"}');
  let reply = '';
  for await (const chunk of socket) reply += String(chunk);
  assert.match(reply, /"Code":131/);
});

test('faults act over TCP as in memory', { timeout: PATIENCE }, async (t) => {
  const { rack, at, dial } = await listen(t);
  const { faults } = rack.miner('m01');
  faults.closesWithoutReply = true;
  assert.equal(await exchange(dial('m01'), '{"cmd":"summary"}'), '');
  faults.closesWithoutReply = false;
  faults.refusesConnections = true;
  await closed(connect(at('m01')));
});

test('stopping the rack ends a connection that waits for an answer', { timeout: PATIENCE }, async (t) => {
  const { rack, dial } = await listen(t);
  rack.miner('m01').faults.silent = true;
  const socket = await dial('m01')();
  socket.write('{"cmd":"summary"}');
  await Promise.all([closed(socket), rack.stop()]);
});

/** The end of a connection, whether by FIN or by RST. */
function closed(socket: Socket): Promise<unknown> {
  socket.on('error', () => {});
  return new Promise((resolve) => socket.resume().once('close', resolve));
}
