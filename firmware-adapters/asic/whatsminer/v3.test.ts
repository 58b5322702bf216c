import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { WhatsminerV3 } from '#test/simulator/whatsminer-v3-miner.ts';
import type { WhatsminerV3Options } from '#test/simulator/whatsminer-v3-spec.ts';
import { assertSilencesAreToldApart, SimulatedDevice } from '#test/support/simulated-device.ts';
import { readingOf } from './v3-reading.ts';
import { openReply, tokenFor } from './v3-session.ts';

const open = (options: Partial<WhatsminerV3Options> = {}) =>
  new SimulatedDevice<WhatsminerV3>({ id: 'm01', ...options, kind: 'whatsminer-v3' });

test('the signature of a command is the published one', () => {
  const given = { cmd: 'set.miner.service', password: 'super', salt: 's3xkGSq1', ts: 1_700_000_000 };
  assert.equal(tokenFor(given), 'dLkuxrp8');
});

test('it says who it is', async () => {
  const world = await open().warm();
  assert.deepEqual(await world.done(world.device.identify()), {
    make: 'MicroBT',
    model: 'M60S_VK40',
    firmware: '20251209.16.Rel2',
    mac: '02:5a:11:a6:00:01',
    serial: 'SIMM60S0001',
    hostname: 'm01',
  });
});

test('it is read', async () => {
  const world = await open().warm();
  const { pools, ...reading } = await world.done(world.device.read());
  assert.deepEqual(reading, {
    asleep: false,
    powerW: 3400,
    powerFrom: 'estimate',
    limit: 100,
    hashrateThs: 184,
    ratedHashrateThs: 184,
    efficiencyJPerTh: 18.478,
    chipMaxC: 75,
    boardC: [60, 60, 60],
    inletC: 25,
    fanRpm: [5400, 5280],
    uptimeS: 86_402,
    faults: [],
    repairs: 0,
  });
  assert.deepEqual(pools, [
    { url: 'stratum+tcp://pool1.invalid:3333', user: 'ballast.m01', alive: true, active: true },
  ]);
});

test('a warm cut is one round trip on a connection of its own', async () => {
  const world = await open().warm();
  const { value, tookMs } = await world.timed(world.device.controls.sleep?.run());
  assert.deepEqual([value.said, world.connections], ['ok', 1]);
  assert.ok(tookMs <= 40, `${tookMs} ms`);
  assert.equal((await world.done(world.device.read())).asleep, false, 'acknowledged is not asleep');
  await world.clock.advance(1000);
  assert.equal((await world.done(world.device.read())).asleep, true);
});

test('it sleeps twice, and wakes', async () => {
  const world = await open().warm();
  const { sleep, wake } = world.device.controls;
  for (const control of [sleep, sleep, wake]) await world.done(control?.run());
  assert.deepEqual(world.miner.writes, [
    'set.miner.service "stop"',
    'set.miner.service "stop"',
    'set.miner.service "start"',
  ]);
  assert.equal(world.miner.asleep, false);
});

for (const percentAsText of [false, true]) {
  test(`a limit is a percentage, ${percentAsText ? 'as the maker’s sample writes it' : 'as an object'}`, async () => {
    const world = await open({ percentAsText }).warm();
    await world.done(world.device.controls.limit?.run(61.6, true));
    assert.equal(world.miner.percent, 62);
    assert.equal((await world.done(world.device.read())).limit, 62);
    await world.clock.advance(2000);
    world.miner.writes.length = 0;
    await world.done(world.device.controls.limit?.run(100, false));
    assert.equal(world.miner.writes.length, 1, 'the form that was taken is remembered');
    assert.equal((await world.done(world.device.read())).limit, 100);
  });
}

test('a limit outside the range never reaches the miner', async () => {
  const world = await open().warm();
  for (const percent of [39, 101, Number.NaN]) {
    await assert.rejects(world.done(world.device.controls.limit?.run(percent, true)), { kind: 'refused' });
  }
  assert.deepEqual(world.miner.writes, []);
});

test('a salt that the miner has changed costs two round trips more, and no cut', async () => {
  const world = await open().warm();
  world.miner.changeSalt();
  await world.done(world.device.controls.sleep?.run());
  assert.equal(world.connections, 3);
  assert.equal(world.miner.settledW, world.miner.spec.residualW);
});

test('a miner whose clock is years off is signed to in its own time', async () => {
  const world = await open({ clockOffS: -8 * 365 * 86_400 }).warm();
  await world.done(world.device.controls.sleep?.run());
  assert.equal(world.miner.settledW, world.miner.spec.residualW);
});

test('it blinks until told not to, and goes down for a reboot', async () => {
  const world = await open().warm();
  await world.done(world.device.controls.locate?.run());
  assert.deepEqual(world.miner.led, [{ color: 'red', period: 200, duration: 100, start: 0 }]);
  await world.done(world.device.controls.locate?.stop());
  assert.equal(world.miner.led, 'auto');
  await world.done(world.device.controls.reboot?.run());
  assert.equal(world.miner.rebooting, true);
});

describe('the error says what is wrong when', () => {
  test('the password is wrong, or the API is off, without telling the password', async () => {
    const world = open();
    world.password = 'guessed';
    await assert.rejects(world.done(world.device.controls.sleep?.run()), (error: Error) => {
      assert.match(error.message, /API is switched off.*password in m01\.pw is probably not the miner's/);
      assert.doesNotMatch(error.message, /guessed/);
      return true;
    });
    assert.deepEqual(world.miner.writes, []);
    world.password = world.miner.spec.password;
    await world.done(world.device.controls.sleep?.run());
    world.miner.writeApi = false;
    await assert.rejects(world.done(world.device.controls.wake?.run()), { kind: 'unauthorised', code: -4 });
  });

  test('the miner fails to sleep, in its own words', async () => {
    const world = await open().warm();
    world.miner.faults.refusesSleep = true;
    await assert.rejects(world.done(world.device.controls.sleep?.run()), {
      kind: 'refused',
      code: -1,
      message: /code -1, "fail": it failed/,
    });
  });

  test('it closes without a word, cuts its replies short, or says nothing', async () => {
    await assertSilencesAreToldApart(await open().warm());
  });

  test('the miner refuses, by its code', () => {
    const refused = (code: number) => JSON.stringify({ code, msg: 'x', desc: 'y' });
    const kinds = { [-1]: 'refused', [-2]: 'unsupported', [-3]: 'refused', [-4]: 'unauthorised', [-9]: 'refused' };
    for (const [code, kind] of Object.entries(kinds)) {
      assert.throws(() => openReply('set.x', refused(Number(code))), { kind, code: Number(code) });
    }
    assert.throws(() => openReply('set.x', '{"when":1}'), { kind: 'malformed' });
  });
});

test('a reply that needed repairs is counted', async () => {
  const world = await open().warm();
  world.miner.faults.bareNan = true;
  assert.equal((await world.done(world.device.read())).repairs, 1);
});

describe('a reply', () => {
  const info = (more: object) => ({ miner: { working: 'true' }, ...more });

  test('of a liquid-cooled miner has neither fans nor an inlet', () => {
    const { inletC, fanRpm, boardC } = readingOf({
      'get.device.info': info({ power: { 'liquid-temperature': 44.1 } }),
      'get.miner.status': {
        summary: { 'environment-temperature': 41.3, 'fan-speed-in': 0, 'board-temperature': [57, null, 48.5] },
      },
    });
    assert.deepEqual([inletC, fanRpm, boardC], [undefined, undefined, [57, 48.5]]);
  });

  test('names each fault by its code and its reason', () => {
    const codes = [{ '264': '2026-05-23 09:19:10', reason: 'Power xfer error.' }, { '110': '2026-05-23 09:19:11' }];
    assert.deepEqual(readingOf({ 'get.device.info': info({ 'error-code': codes }) }).faults, [
      '264: Power xfer error.',
      '110',
    ]);
  });

  test('with a rate in another unit than TH/s is found out by the factory’s', () => {
    const rated = (rate: number) =>
      readingOf({
        'get.device.info': info({}),
        'get.miner.status': { summary: { 'hash-realtime': rate, 'factory-hash': 181 } },
      }).hashrateThs;
    assert.equal(rated(171.2), 171.2);
    assert.equal(rated(171_200), undefined);
  });

  test('that does not say whether it mines leaves that open', () => {
    assert.equal(readingOf({ 'get.device.info': {} }).asleep, undefined);
  });
});
