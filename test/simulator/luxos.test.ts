import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import type { LuxosOptions } from './luxos-spec.ts';
import { createRack } from './rack.ts';
import type { Dial, Reply } from './whatsminer-client.ts';
import { exchange } from './whatsminer-client.ts';

function setUp(options: Partial<LuxosOptions> = {}) {
  const clock = new VirtualClock();
  const rack = createRack({ clock, miners: [{ id: 'm01', kind: 'luxos', ...options }], otherLoadsW: 0 });
  const miner = rack.luxosMiner('m01');
  const dial: Dial = () => rack.connect(miner.spec.host, miner.spec.port);
  /** Lets just enough time pass for one reply. */
  const raw = async (text: string): Promise<string> => {
    const reply = exchange(dial, text);
    await clock.advance(miner.spec.timing.replyMs);
    return reply;
  };
  const ask = async (command: string, parameter?: string): Promise<Reply> =>
    JSON.parse((await raw(JSON.stringify({ command, parameter }))).replace('\0', '')) as Reply;
  const read = async (command: string) => rowsOf(await ask(command), command.toUpperCase());
  const logon = async () => String(rowsOf(await ask('logon'), 'SESSION')[0]?.['SessionID']);
  return { clock, rack, miner, dial, raw, ask, read, logon };
}

const rowsOf = (reply: Reply, section: string) => reply[section] as Reply[];
const statusOf = (reply: Reply) => rowsOf(reply, 'STATUS')[0] ?? {};
const codeOf = (reply: Reply) => statusOf(reply)['Code'];

test('a miner that mines says who it is, what it draws and what it hashes', async () => {
  const { ask, read, miner } = setUp();
  assert.deepEqual(statusOf(await ask('version')), {
    Code: 22,
    Description: `LUXminer ${miner.spec.firmware}`,
    Msg: 'LUXminer versions',
    STATUS: 'S',
    When: 1_795_294_800,
  });
  assert.equal((await read('version'))[0]?.['Type'], 'Antminer S19k Pro');
  const [config] = await read('config');
  assert.equal(config?.['MACAddr'], miner.spec.mac);
  assert.equal(config?.['CurtailMode'], 'None');
  assert.equal(config?.['IsPowerSupplyOn'], true);
  assert.equal(config?.['Profile'], 'default');
  assert.equal((await read('power'))[0]?.['Watts'], 2800);
  assert.equal((await read('summary'))[0]?.['GHS 5s'], 120_000);
  assert.deepEqual(
    (await read('devs')).map((board) => board['MHS 5s']),
    [40_000_000, 40_000_000, 40_000_000],
  );
  assert.equal((await read('temps'))[0]?.['TopLeft'], 65);
  assert.equal((await read('fans'))[0]?.['RPM'], 5600);
  assert.equal((await read('limits'))[0]?.['FrequencyMin'], 190);
  assert.equal((await read('pools'))[0]?.['Status'], 'Alive');
  assert.deepEqual(await read('events'), []);
});

test('profiles lie 25 MHz apart, sixteen below the default and eight above', async () => {
  const { read } = setUp({ ratedW: 2800 });
  const profiles = await read('profiles');
  assert.equal(profiles.length, 25);
  assert.deepEqual(
    [profiles[0], profiles[16], profiles[24]].map((each) => [each?.['Profile Name'], each?.['Step'], each?.['Watts']]),
    [
      ['190MHz', '-16', 701],
      ['default', '0', 2800],
      ['790MHz', '8', 4445],
    ],
  );
});

test('commands joined by a plus are answered in one reply, each with a status of its own', async () => {
  const { ask } = setUp();
  const reply = await ask('power+nonsense+summary');
  assert.deepEqual(Object.keys(reply), ['power', 'nonsense', 'summary', 'id']);
  assert.equal(codeOf(rowsOf(reply, 'power')[0] ?? {}), 311);
  assert.equal(codeOf(rowsOf(reply, 'nonsense')[0] ?? {}), 14);
});

test('there is one session: the next client is refused until the first leaves or a minute has passed', async () => {
  const { clock, ask, read, logon } = setUp();
  assert.equal((await read('session'))[0]?.['SessionID'], '');
  const first = await logon();
  assert.match(first, /^[0-9a-z]{8}$/);
  assert.equal((await read('session'))[0]?.['SessionID'], first);
  const refused = statusOf(await ask('logon'));
  assert.deepEqual([refused['STATUS'], refused['Code'], refused['Msg']], ['E', 402, 'Another session is active']);
  await clock.advance(59_000);
  assert.equal(codeOf(await ask('ledset', `${first},red,blink`)), 326, 'use renews it');
  await clock.advance(59_000);
  assert.equal((await read('session'))[0]?.['SessionID'], first);
  await clock.advance(1000);
  assert.equal((await read('session'))[0]?.['SessionID'], '');
  const second = await logon();
  assert.notEqual(second, first);
  assert.equal(codeOf(await ask('logoff', first)), 320);
  assert.equal(codeOf(await ask('logoff', second)), 318);
  assert.equal(codeOf(await ask('logon')), 316);
});

test('nothing changes without the session', async () => {
  const { ask, miner, logon } = setUp();
  await logon();
  for (const command of ['curtail', 'profileset', 'atmset', 'ledset', 'rebootdevice', 'resetminer']) {
    assert.equal(codeOf(await ask(command, 'forged1,sleep')), 320, command);
    assert.equal(codeOf(await ask(command)), 320, command);
  }
  assert.deepEqual(miner.writes, []);
  assert.equal(miner.curtailed, false);
});

test('sleep is said at once, then the power supply goes off, then the watts are gone in under five seconds', async () => {
  const { clock, ask, read, miner, logon } = setUp();
  const reply = await ask('curtail', `${await logon()},sleep`);
  assert.equal(codeOf(reply), 335);
  assert.deepEqual(reply['CURTAIL'], [{ Action: 'sleep mode' }]);
  const [config] = await read('config');
  assert.deepEqual([config?.['CurtailMode'], config?.['IsPowerSupplyOn']], ['Sleep', true]);
  assert.equal(miner.watts(), 2800);
  await clock.advance(5000);
  assert.equal((await read('config'))[0]?.['IsPowerSupplyOn'], false);
  assert.ok(Math.abs(miner.watts() - 25) < 3, `${miner.watts()} W`);
  assert.equal((await read('summary'))[0]?.['GHS 5s'], 0);
  assert.equal(miner.asleep, true);
});

test('a wake-up ramps for a minute, an unsafe one is at full power in under ten seconds', async () => {
  for (const [options, fullAfterMs] of [
    ['', 61_500],
    [',mode=unsafe', 9000],
  ] as const) {
    const { clock, ask, read, miner, logon } = setUp({ asleep: true });
    const reply = await ask('curtail', `${await logon()},wakeup${options}`);
    assert.deepEqual(reply['CURTAIL'], [{ Action: 'wake up' }]);
    assert.equal((await read('config'))[0]?.['CurtailMode'], 'None');
    await clock.advance(1000);
    assert.equal(miner.watts(), 25);
    assert.equal((await read('devs'))[0]?.['IsRamping'], true);
    await clock.advance(fullAfterMs - 1100);
    assert.ok(miner.watts() < 2800);
    await clock.advance(100);
    assert.equal(miner.watts(), 2800);
    assert.equal((await read('devs'))[0]?.['IsRamping'], false);
  }
});

test('sleep outlives a reboot, and the first wake-up after it is never unsafe', async () => {
  const { clock, ask, dial, miner, logon } = setUp();
  await ask('curtail', `${await logon()},sleep`);
  const { ['SESSION']: before } = await ask('session');
  assert.equal(codeOf(await ask('rebootdevice', String(rowsOf({ before }, 'before')[0]?.['SessionID']))), 328);
  await assert.rejects(dial(), { code: 'ECONNREFUSED' });
  await clock.advance(60_000);
  assert.equal(miner.asleep, true);
  await ask('curtail', `${await logon()},wakeup,mode=unsafe`);
  await clock.advance(20_000);
  assert.equal(miner.ramping, true);
  await clock.advance(42_000);
  assert.equal(miner.watts(), 2800);
  miner.powerOff();
  await clock.advance(5000);
  miner.powerOn({ unsafe: true });
  await clock.advance(9000);
  assert.equal(miner.watts(), 2800, 'the next one may be');
});

test('a miner that mined comes back mining after a reboot, and a restarted LUXminer without the session', async () => {
  const { clock, ask, read, miner, logon } = setUp();
  const session = await logon();
  assert.equal(codeOf(await ask('resetminer', session)), 329);
  assert.equal((await read('session'))[0]?.['SessionID'], '');
  await clock.advance(1400);
  assert.ok(miner.watts() < 400, `${miner.watts()} W`);
  await clock.advance(61_000);
  assert.equal(miner.watts(), 2800);
  miner.reboot();
  await clock.advance(61_000);
  assert.equal(Math.round(miner.watts()), 25);
  await clock.advance(62_000);
  assert.equal(miner.watts(), 2800);
});

test('a profile is chosen by name, step, watts or hash rate, and its watts follow evenly', async () => {
  const { clock, ask, read, miner, logon } = setUp();
  const session = await logon();
  for (const [selector, name] of [
    ['490MHz', '490MHz'],
    ['+1', '615MHz'],
    ['-2', '540MHz'],
    ['2000W', '465MHz'],
    ['2.0kW', '465MHz'],
    ['100THs', '490MHz'],
    ['default', 'default'],
  ] as const) {
    const reply = await ask('profileset', `${session},${selector}`);
    assert.equal(codeOf(reply), 321, selector);
    assert.equal(rowsOf(reply, 'PROFILE')[0]?.['Profile'], name, selector);
  }
  for (const selector of ['', '3MHz', '+9', '100W', 'default ']) {
    assert.equal(statusOf(await ask('profileset', `${session},${selector}`))['STATUS'], 'E', selector);
  }
  await clock.advance(60_000);
  assert.equal(miner.watts(), 2800);
  miner.setProfile(miner.profiles[0] ?? assert.fail());
  await clock.advance(15_000);
  assert.equal(miner.watts(), (2800 + 701) / 2);
  await clock.advance(15_000);
  assert.equal(miner.watts(), 701);
  assert.equal((await read('summary'))[0]?.['GHS 5s'], 38_600);
});

test('a profile set while asleep waits for the wake-up', async () => {
  const { clock, ask, miner, logon } = setUp({ asleep: true });
  await ask('profileset', `${await logon()},190MHz`);
  await clock.advance(40_000);
  assert.equal(miner.watts(), 25);
  miner.powerOn();
  await clock.advance(62_000);
  assert.equal(miner.watts(), 701);
});

test('thermal management forbids setting a profile, and keeps below its own bound', async () => {
  const { clock, ask, read, miner, logon } = setUp({ atmEnabled: true });
  const session = await logon();
  assert.equal(statusOf(await ask('profileset', `${session},-2`))['STATUS'], 'E');
  assert.equal(codeOf(await ask('atmset', `${session},max_profile=490MHz`)), 340);
  await clock.advance(40_000);
  assert.equal((await read('config'))[0]?.['Profile'], '490MHz');
  assert.deepEqual(
    (await read('atm')).map((each) => [each['Enabled'], each['MaxProfile']]),
    [[true, '490MHz']],
  );
  assert.equal(codeOf(await ask('atmset', `${session},enabled=false`)), 340);
  assert.equal(codeOf(await ask('profileset', `${session},default`)), 321);
  assert.equal(miner.profile.name, 'default', 'while it is off its bound does not count');
  await ask('atmset', `${session},max_profile=190MHz`);
  assert.equal(miner.profile.name, 'default');
  assert.equal(statusOf(await ask('atmset', `${session},enabled=maybe`))['STATUS'], 'E');
  assert.equal(statusOf(await ask('atmset', `${session},max_profile=3MHz`))['STATUS'], 'E');
});

test('a light is set and seen', async () => {
  const { ask, read, logon } = setUp();
  const session = await logon();
  await ask('ledset', `${session},red,blink`);
  assert.equal((await read('config'))[0]?.['RedLed'], 'blink');
  await ask('ledset', `${session},red,auto`);
  assert.equal((await read('config'))[0]?.['RedLed'], 'auto');
  assert.equal(statusOf(await ask('ledset', `${session},blue,on`))['STATUS'], 'E');
});

test('what is not a request is refused with the code of cgminer', async () => {
  const { raw } = setUp();
  const codeOfRaw = async (text: string) => codeOf(JSON.parse((await raw(text)).replace('\0', '')) as Reply);
  assert.equal(await codeOfRaw('{nonsense}'), 23);
  assert.equal(await codeOfRaw('{"cmd":"version"}'), 24);
  assert.equal(await codeOfRaw('{"command":"no_such_command"}'), 14);
});

test('another client can take the session and keep it', async () => {
  const { clock, ask, miner, logon } = setUp();
  const ours = await logon();
  const theirs = miner.session.takenByAnother();
  assert.equal(codeOf(await ask('curtail', `${ours},sleep`)), 320);
  await clock.advance(3_600_000);
  assert.equal(codeOf(await ask('logon')), 402);
  assert.equal(codeOf(await ask('curtail', `${theirs},sleep`)), 335, 'who knows the id may use it');
  miner.session.end();
  assert.equal(codeOf(await ask('logon')), 316);
});

test('a miner can refuse to sleep, ignore what it acknowledges, or be another machine', async () => {
  const { clock, ask, read, miner, logon } = setUp();
  const session = await logon();
  miner.faults.refusesSleep = true;
  assert.equal(statusOf(await ask('curtail', `${session},sleep`))['STATUS'], 'E');
  miner.faults.refusesSleep = false;
  miner.faults.ignoresCommands = true;
  assert.equal(codeOf(await ask('curtail', `${session},sleep`)), 335);
  await clock.advance(5000);
  assert.equal(miner.watts(), 2800);
  assert.deepEqual(miner.writes, ['curtail sleep', 'curtail sleep']);
  miner.faults.otherMac = '02:00:00:00:00:99';
  assert.equal((await read('config'))[0]?.['MACAddr'], '02:00:00:00:00:99');
});

test('a reply can lack its commas or its numbers', async () => {
  const { miner, raw } = setUp();
  miner.faults.forgetsCommas = true;
  assert.match(await raw('{"command":"fans"}'), /\}\{/);
  miner.faults.forgetsCommas = false;
  miner.faults.bareNan = true;
  assert.match(await raw('{"command":"summary"}'), /"GHS av":nan,/);
});
