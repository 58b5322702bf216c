import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { md5crypt } from './md5crypt.ts';
import { createRack } from './rack.ts';
import type { Dial, Reply } from './whatsminer-client.ts';
import { ask, exchange, fetchToken, send } from './whatsminer-client.ts';
import type { WhatsminerOptions } from './whatsminer-spec.ts';

function setUp(options: Partial<WhatsminerOptions> = {}) {
  const clock = new VirtualClock();
  const rack = createRack({ clock, miners: [{ id: 'm01', ...options }], otherLoadsW: 0 });
  const miner = rack.miner('m01');
  const dial: Dial = () => rack.connect(miner.spec.host, miner.spec.port);
  /** Lets just enough time pass for one reply. */
  const within = async <T>(reply: Promise<T>): Promise<T> => {
    await clock.advance(miner.spec.timing.replyMs);
    return reply;
  };
  return {
    clock,
    rack,
    miner,
    dial,
    ask: (command: string) => within(ask(dial, command)),
    exchange: (text: string) => within(exchange(dial, text)),
    token: (password = miner.spec.password) => within(fetchToken(dial, password)),
    send: (token: Awaited<ReturnType<typeof fetchToken>>, command: object) => within(send(dial, token, command)),
  };
}

const summaryOf = (reply: Reply) => (reply['SUMMARY'] as Reply[])[0] ?? {};
const messageOf = (reply: Reply) => reply['Msg'] as Reply;

test('the key and the signature equal those of the published example', () => {
  const key = md5crypt('admin', 'BQ5hoXV9');
  assert.equal(key, 'RxmaDUO33TS7O26yeMHZ81');
  assert.equal(md5crypt(`${key}5626`, 'jbzkfQls'), 'w.BNbkCV6n1aNWgiBWLzT/');
});

test('a reply ends with a NUL and the connection closes', async () => {
  const { exchange } = setUp();
  assert.match(await exchange('{"command":"get_version"}'), /^\{.*"Code":131.*\}\0$/);
});

test('a request may come in pieces, and may end with a newline', async () => {
  const { clock, dial, exchange } = setUp();
  const stream = await dial();
  stream.write('{"cmd":"get_');
  await clock.advance(1000);
  stream.write('version"}');
  let reply = '';
  stream.on('data', (chunk) => {
    reply += String(chunk);
  });
  await clock.advance(50);
  assert.match(reply, /fw_ver/);
  assert.match(await exchange('{"cmd":"get_version"}\n'), /fw_ver/);
});

test('a connection on which nothing comes is closed after ten seconds', async () => {
  const { clock, dial } = setUp();
  const stream = await dial();
  let ended = false;
  stream.resume().once('end', () => {
    ended = true;
  });
  await clock.advance(9_999);
  assert.equal(ended, false);
  await clock.advance(1);
  assert.equal(ended, true);
});

test('a miner that mines says what it draws and hashes', async () => {
  const { ask, miner } = setUp({ ratedW: 3300, ratedThs: 126 });
  const summary = summaryOf(await ask('summary'));
  assert.equal(summary['Power'], 3300);
  assert.equal(summary['HS RT'], 126_000_000);
  assert.equal(summary['Factory GHS'], 126_000);
  assert.equal(summary['Power Limit'], 3300);
  assert.equal(summary['Chip Temp Max'], 83);
  assert.equal(messageOf(await ask('status'))['mineroff'], 'false');
  assert.equal(messageOf(await ask('get_miner_info'))['mac'], miner.spec.mac);
  assert.equal(messageOf(await ask('get_psu'))['pin'], '3300');
  const boards = (await ask('edevs'))['DEVS'] as Reply[];
  assert.deepEqual(
    boards.map((board) => board['MHS av']),
    [42_000_000, 42_000_000, 42_000_000],
  );
  assert.deepEqual((await ask('devs'))['DEVS'], boards);
  assert.equal(((await ask('devdetails'))['DEVDETAILS'] as Reply[])[0]?.['Model'], miner.spec.model);
  assert.equal(((await ask('pools'))['POOLS'] as Reply[])[0]?.['Status'], 'Alive');
  assert.deepEqual(messageOf(await ask('get_error_code')), { error_code: [] });
});

test('power_off is acknowledged, then said, then seen at the wall, in that order', async () => {
  const { clock, ask, miner, send, token } = setUp();
  const reply = await send(await token(), { cmd: 'power_off', respbefore: 'true' });
  assert.equal(reply['Code'], 131);
  assert.equal(messageOf(await ask('status'))['mineroff'], 'false');
  assert.equal(miner.watts(), 3300);
  await clock.advance(500);
  assert.equal(messageOf(await ask('status'))['mineroff'], 'true');
  assert.ok(miner.watts() > 2500, 'the capacitors and the boards are still emptying');
  await clock.advance(1500);
  assert.ok(miner.watts() < 60, `${miner.watts()} W two seconds after the acknowledgement`);
  const summary = summaryOf(await ask('summary'));
  assert.equal(summary['HS RT'], 0);
  assert.equal(summary['Elapsed'], 0);
  assert.deepEqual(miner.writes, ['power_off']);
});

test('power_on comes back slowly: boot, warm-up, climb', async () => {
  const { clock, ask, miner, send, token } = setUp({ asleep: true });
  assert.equal(miner.watts(), 20);
  await send(await token(), { cmd: 'power_on' });
  assert.equal(messageOf(await ask('status'))['mineroff'], 'false');
  await clock.advance(19_000);
  assert.equal(Math.round(miner.watts()), 20);
  await clock.advance(61_000);
  assert.equal(Math.round(miner.watts()), 660);
  await clock.advance(389_000);
  assert.equal(miner.upfreqComplete, false);
  assert.ok(miner.watts() > 3200);
  await clock.advance(1000);
  assert.equal(miner.upfreqComplete, true);
  assert.equal(miner.watts(), 3300);
});

test('set_power_pct lowers the power within a second and needs no restart', async () => {
  const { clock, ask, miner, send, token } = setUp();
  await send(await token(), { cmd: 'set_power_pct', percent: '50' });
  await clock.advance(1000);
  assert.ok(Math.abs(miner.watts() - 1650) < 50, `${miner.watts()} W`);
  assert.equal(messageOf(await ask('status'))['power_pct'], 50);
  await send(await token(), { cmd: 'restore_power_pct' });
  await clock.advance(2000);
  assert.ok(miner.watts() > 3299);
});

test('running boards cannot go below their floor', async () => {
  const { clock, miner, send, token } = setUp();
  await send(await token(), { cmd: 'set_power_pct', percent: '0' });
  await clock.advance(5000);
  assert.equal(Math.round(miner.watts()), 660);
});

test('set_power_pct during the climb lowers at once, and raising goes on climbing', async () => {
  const { clock, miner, send, token } = setUp({ asleep: true });
  miner.powerOn();
  await clock.advance(275_000);
  assert.equal(Math.round(miner.watts()), 1980);
  await send(await token(), { cmd: 'set_power_pct', percent: '30' });
  await clock.advance(3000);
  assert.equal(Math.round(miner.watts()), 990);
  miner.setPercent(100);
  await clock.advance(60_000);
  assert.ok(Math.abs(miner.watts() - 1710) < 20, `${miner.watts()} W`);
  await clock.advance(400_000);
  assert.equal(miner.watts(), 3300);
});

test('a percentage does not outlive the mining process', async () => {
  const { miner } = setUp();
  miner.setPercent(40);
  miner.restart();
  assert.equal(miner.percent, 100);
});

test('adjust_power_limit restarts mining: the power goes down first, then climbs to the limit', async () => {
  const { clock, ask, miner, send, token } = setUp();
  await send(await token(), { cmd: 'adjust_power_limit', power_limit: '2000' });
  await clock.advance(5000);
  assert.ok(miner.watts() < 25);
  await clock.advance(600_000);
  assert.equal(miner.watts(), 2000);
  assert.equal(messageOf(await ask('status'))['power_limit_set'], '2000');
  await send(await token(), { cmd: 'adjust_power_limit', power_limit: '99999' });
  assert.equal(miner.limitW, 3300);
});

test('a rebooting miner is away, and comes back mining unless sleep survives', async () => {
  for (const sleepSurvivesReboot of [false, true]) {
    const { clock, miner, ask, dial, send, token } = setUp({ asleep: true, sleepSurvivesReboot });
    const old = await token();
    await send(old, { cmd: 'reboot' });
    await assert.rejects(dial(), { code: 'ECONNREFUSED' });
    await clock.advance(60_000);
    assert.equal(messageOf(await ask('status'))['mineroff'], String(sleepSurvivesReboot));
    assert.equal((await send(old, { cmd: 'power_off' }))['Code'], 135, 'a reboot voids the tokens');
    await clock.advance(600_000);
    assert.equal(Math.round(miner.watts()), sleepSurvivesReboot ? 20 : 3300);
  }
});

test('set_led and back to auto shows in get_miner_info', async () => {
  const { ask, send, token } = setUp();
  const granted = await token();
  await send(granted, { cmd: 'set_led', color: 'red', period: 1000, duration: 500, start: 0 });
  assert.equal(messageOf(await ask('get_miner_info'))['ledstat'], 'red,1000,500,0');
  await send(granted, { cmd: 'set_led', param: 'auto' });
  assert.equal(messageOf(await ask('get_miner_info'))['ledstat'], 'auto');
});

test('each kind of bad request gets the code of the manual', async () => {
  const { ask, exchange, miner, send, token } = setUp();
  const codeOf = async (reply: Promise<Reply>) => (await reply)['Code'];
  const raw = async (text: string) => JSON.parse((await exchange(text)).replace('\0', '')) as Reply;
  const granted = await token();
  assert.equal(await codeOf(ask('no_such_command')), 14);
  assert.equal(await codeOf(send(granted, { cmd: 'no_such_command' })), 14);
  assert.equal(await codeOf(ask('power_off')), 14, 'a write in clear is not a command');
  assert.equal(await codeOf(raw('{nonsense}')), 23);
  assert.equal(await codeOf(raw('{"enc":1,"data":"not base64!"}')), 137);
  assert.equal(await codeOf(send(granted, { cmd: 'set_power_pct', percent: '101' })), 132);
  assert.equal(await codeOf(send(granted, { cmd: 'set_power_pct', percent: 50 })), 132, 'numbers are strings');
  assert.equal(await codeOf(send(await token('wrong'), { cmd: 'power_off' })), 23, 'what it decrypts to is no JSON');
  assert.equal(await codeOf(send({ ...granted, sign: 'forged' }, { cmd: 'power_off' })), 135);
  miner.writeApi = false;
  assert.equal(await codeOf(send(granted, { cmd: 'power_off' })), 45);
  assert.equal(miner.asleep, false);
});

test('the password of the factory opens nothing', async () => {
  const { send, token } = setUp({ password: 'admin' });
  assert.equal((await send(await token(), { cmd: 'power_off' }))['Code'], 45);
});

test('a token lives thirty minutes, and one client holds at most 32', async () => {
  const { clock, ask, send, token } = setUp();
  const first = await token();
  assert.match(String(messageOf(await ask('get_token'))['time']), /^\d{4}$/);
  for (let held = 2; held < 32; held++) await token();
  assert.equal((await ask('get_token'))['Code'], 136);
  await clock.advance(29 * 60_000);
  assert.equal((await send(first, { cmd: 'set_led', param: 'auto' }))['Code'], 131);
  await clock.advance(60_000);
  assert.equal((await send(first, { cmd: 'set_led', param: 'auto' }))['Code'], 135);
  assert.equal((await ask('get_token'))['Code'], 134);
});
