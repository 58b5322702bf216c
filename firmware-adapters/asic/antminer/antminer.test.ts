import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Antminer } from '#test/simulator/antminer-miner.ts';
import type { AntminerOptions } from '#test/simulator/antminer-spec.ts';
import { assertSilencesAreToldApart, SimulatedDevice } from '#test/support/simulated-device.ts';
import type { AdapterError } from '../../errors.ts';

const open = (options: Partial<AntminerOptions> = {}, change: Record<string, unknown> = {}) =>
  new SimulatedDevice<Antminer>({ id: 'm01', ...options, kind: 'antminer' }, change);

test('it says who it is', async () => {
  const { device, done, miner } = bound(await open().warm());
  assert.deepEqual(await done(device.identify()), {
    make: 'Bitmain',
    model: 'Antminer S19 XP',
    firmware: miner.spec.firmware,
    mac: '02:5a:11:19:00:01',
    serial: miner.spec.serial,
    hostname: 'm01',
  });
});

test('it is read, on one connection, and has no watts where its model does not say them', async () => {
  const world = await open().warm();
  const reading = await world.done(world.device.read());
  assert.deepEqual(
    { ...reading, pools: reading.pools?.length },
    {
      asleep: false,
      hashrateThs: 140,
      ratedHashrateThs: 140,
      boardC: [50, 50, 50],
      chipMaxC: 65,
      fanRpm: [6000, 6000, 6000, 6000],
      uptimeS: 86_402,
      pools: 3,
      faults: [],
      repairs: 0,
    },
  );
  assert.deepEqual(reading.pools?.[0], { url: 'stratum+tcp://pool1.invalid:3333', user: 'ballast.m01', alive: true });
  await world.done(world.device.read());
  assert.equal(world.connections, 1, 'the power port was tried once, and not again');
});

test('a model that says its watts on port 6060 is asked there', async () => {
  const world = await open({ tellsPower: true }).warm();
  const { powerW, powerFrom } = await world.done(world.device.read());
  assert.deepEqual([powerW, powerFrom], [3010, 'estimate']);
});

test('a warm cut is on its way at once, is answered after 21 s, and the miner rests long before', async () => {
  const world = await open().warm();
  const cut = world.device.controls.sleep?.run();
  await world.clock.advance(100);
  assert.deepEqual(world.miner.writes, ['mode 1']);
  assert.equal(world.connections, 0, 'on the connection that stands');
  await world.clock.advance(9000);
  assert.ok(world.miner.watts() < 30, `${world.miner.watts()} W`);
  const { value, tookMs } = await world.timed(cut);
  assert.equal(value.said, 'OK!');
  assert.ok(tookMs > 11_000);
  assert.equal((await world.done(world.device.read())).asleep, true);
});

test('what the configuration says before the hash boards rest is not yet sleep', async () => {
  const world = await open({ timing: { configMs: 0 } }).warm();
  await world.done(world.device.controls.sleep?.run());
  assert.equal((await world.done(world.device.read())).asleep, false);
  await world.clock.advance(8000);
  assert.equal((await world.done(world.device.read())).asleep, true);
});

for (const mode of [0, 2, 3]) {
  test(`a miner that ran in mode ${mode} wakes into mode ${mode}, with the pools it had`, async () => {
    const world = await open({ mode }).warm();
    const { pools } = world.miner;
    await world.done(world.device.controls.sleep?.run());
    await world.done(world.device.controls.wake?.run());
    assert.equal(world.miner.mode, mode);
    assert.deepEqual(world.miner.pools, pools);
  });
}

test('a miner that was asleep when it was first seen wakes into the mode that the config names', async () => {
  const world = await open({ asleep: true, mode: 2 }, { wake_mode: 3 }).warm();
  await world.done(world.device.controls.wake?.run());
  assert.equal(world.miner.mode, 3);
});

test('a miner that runs is not restarted by a wake', async () => {
  const world = await open().warm();
  assert.equal((await world.done(world.device.controls.wake?.run())).said, 'already in mode 0');
  assert.deepEqual(world.miner.writes, []);
});

test('pools that a person changed are what goes back with the next mode', async () => {
  const world = await open().warm();
  const changed = [{ url: 'stratum+tcp://other.invalid:3333', user: 'me', pass: 'secret' }];
  world.miner.pools = changed;
  await world.done(world.device.read());
  await world.done(world.device.controls.sleep?.run());
  assert.deepEqual(world.miner.pools, changed);
});

describe('a build that', () => {
  for (const obeys of [['miner-mode'], ['bitmain-work-mode']] as const) {
    test(`looks at ${obeys[0]} alone goes to sleep`, async () => {
      const world = await open({ obeys }).warm();
      await world.done(world.device.controls.sleep?.run());
      assert.equal(world.miner.mode, 1);
    });
  }

  test('takes a mode only as text acknowledges numbers in vain, and is told in text then', async () => {
    const world = await open({ modeAsText: true }).warm();
    await world.done(world.device.controls.sleep?.run());
    assert.equal((await world.done(world.device.read())).asleep, false, 'acknowledged is not done');
    await world.done(world.device.controls.sleep?.run());
    await world.done(world.device.read());
    assert.equal(world.miner.mode, 1);
    await world.done(world.device.controls.wake?.run());
    assert.equal(world.miner.mode, 0);
  });
});

test('the 17 series is read on cgminer’s socket, sleeps by its form at 254, and keeps its pools', async () => {
  const world = await open({ series: 17, mode: 0 }).warm();
  const { pools } = world.miner;
  const { asleep, hashrateThs, boardC } = await world.done(world.device.read());
  assert.deepEqual({ asleep, hashrateThs, boardC }, { asleep: false, hashrateThs: 140, boardC: [50, 50, 50] });
  assert.equal((await world.done(world.device.controls.sleep?.run())).said, 'status 200');
  assert.equal(world.miner.mode, 254);
  assert.deepEqual(world.miner.pools, pools);
  assert.equal((await world.done(world.device.read())).asleep, true);
  await world.done(world.device.controls.wake?.run());
  assert.equal(world.miner.mode, 0);
});

test('it blinks until told not to, and goes down for a reboot', async () => {
  const world = await open().warm();
  await world.done(world.device.controls.locate?.run());
  assert.equal(world.miner.blinking, true);
  await world.done(world.device.controls.locate?.stop());
  assert.equal(world.miner.blinking, false);
  const { said } = await world.done(world.device.controls.reboot?.run());
  assert.equal(said, 'closed the connection');
  assert.equal(world.miner.rebooting, true);
});

describe('the error says what is wrong when', () => {
  test('the password is wrong, without telling it', async () => {
    const world = open();
    world.password = 'guessed';
    await assert.rejects(world.done(world.device.read()), (error: AdapterError) => {
      assert.equal(error.kind, 'unauthorised');
      assert.match(error.message, /password of root; the password in m01\.pw is probably not the miner's/);
      assert.doesNotMatch(error.message, /guessed/);
      return true;
    });
    world.password = world.miner.spec.password;
    assert.equal((await world.done(world.device.read())).asleep, false, 'a corrected file works without a restart');
  });

  test('the miner refuses to sleep, in its own words', async () => {
    const world = await open().warm();
    world.miner.faults.refusesSleep = true;
    await assert.rejects(world.done(world.device.controls.sleep?.run()), {
      kind: 'refused',
      code: 'M002',
      message: /"Save miner config failed!"/,
    });
  });

  test('it has locked everybody out', async () => {
    const world = await open().warm();
    world.miner.faults.lockedOut = true;
    await assert.rejects(world.done(world.device.read()), { kind: 'refused', code: 429 });
  });

  test('it closes without a word, cuts its replies short, or says nothing', async () => {
    await assertSilencesAreToldApart(await open().warm());
  });
});

test('a cut does not wait for a reading that takes 21 s', async () => {
  const world = await open().warm();
  world.miner.faults.answersAfterMs = 21_000;
  const reading = assert.rejects(world.device.read(), { name: 'Preempted' });
  await world.clock.advance(200);
  const cut = world.device.controls.sleep?.run();
  await world.clock.advance(200);
  assert.deepEqual(world.miner.writes, ['mode 1']);
  await reading;
  assert.equal((await world.done(cut)).said, 'OK!');
});

test('a nonce that the miner has forgotten costs one more round trip, and no cut', async () => {
  const world = await open().warm();
  world.miner.login.forget();
  await world.done(world.device.controls.sleep?.run());
  assert.equal(world.miner.mode, 1);
});

function bound(world: SimulatedDevice<Antminer>) {
  return { device: world.device, miner: world.miner, done: world.done.bind(world) };
}
