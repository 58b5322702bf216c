import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BraiinsMiner } from '#test/simulator/braiins-miner.ts';
import type { BraiinsOptions } from '#test/simulator/braiins-spec.ts';
import { assertSilencesAreToldApart, SimulatedDevice } from '#test/support/simulated-device.ts';

const open = (options: Partial<BraiinsOptions> = {}, change: Record<string, unknown> = {}) =>
  new SimulatedDevice<BraiinsMiner>({ id: 'm01', ...options, kind: 'braiins' }, change);

test('over REST it says who it is', async () => {
  const world = await open().warm();
  assert.deepEqual(await world.done(world.device.identify()), {
    make: 'Bitmain',
    model: 'Antminer S19 XP',
    firmware: 'Braiins OS 2025-08-06-0-5a11a5ed-25.07-plus',
    mac: '02:5a:11:b0:00:01',
    serial: 'SIMBOS0001',
    hostname: 'm01',
  });
});

test('over GraphQL it says who it is, but not which model', async () => {
  const world = await open({ api: 'graphql' }).warm();
  assert.deepEqual(await world.done(world.device.identify()), {
    make: 'Bitmain',
    firmware: 'Braiins OS 2024-09-12-0-5a11a5ed-24.09-plus',
    mac: '02:5a:11:b0:00:01',
    hostname: 'm01',
  });
});

for (const api of ['rest', 'graphql'] as const) {
  describe(`over ${api}`, () => {
    test('it is read, on the connection that stands', async () => {
      const world = await open({ api }).warm();
      const { efficiencyJPerTh: _, ...reading } = await world.done(world.device.read());
      assert.deepEqual(reading, {
        asleep: false,
        powerW: 3000,
        powerFrom: 'estimate',
        limit: 3000,
        hashrateThs: 141,
        ratedHashrateThs: 141,
        chipMaxC: 65,
        boardC: [50, 50, 50],
        fanRpm: Array.from({ length: 4 }, () => (api === 'rest' ? 5900 : 5600)),
        uptimeS: reading.uptimeS,
        pools: [{ url: 'stratum+tcp://pool1.invalid:3333', user: 'ballast.m01', alive: true, active: true }],
        faults: [],
        repairs: 0,
      });
      assert.equal(world.connections, 0);
    });

    test('a warm cut is one round trip, and is seen once the hash boards rest', async () => {
      const world = await open({ api }).warm();
      const { tookMs } = await world.timed(world.device.controls.sleep?.run());
      assert.ok(tookMs <= 30, `${tookMs} ms`);
      assert.equal(world.connections, 0);
      assert.equal((await world.done(world.device.read())).asleep, false);
      await world.clock.advance(1500);
      assert.equal((await world.done(world.device.read())).asleep, true);
    });

    test('it sleeps twice, and wakes with the target it had', async () => {
      const world = await open({ api }).warm();
      const { sleep, wake, limit } = world.device.controls;
      await world.done(limit?.run(2400, true));
      for (const control of [sleep, sleep, wake]) await world.done(control?.run());
      assert.deepEqual([world.miner.resting, world.miner.targetW], [false, 2400]);
    });

    test('a limit is a power target from the least to the default; over REST one above can be restored', async () => {
      const world = await open({ api }).warm();
      const { limit } = world.device.controls;
      assert.deepEqual(limit?.capability.range, { min: 900, max: 3000, step: 1, unit: 'watts' });
      assert.equal(limit?.capability.restarts, api === 'graphql');
      await world.done(limit?.run(1800, true));
      assert.equal((await world.done(world.device.read())).limit, 1800);
      const most = api === 'rest' ? 3600 : 3000;
      await world.done(limit?.run(most, false));
      assert.equal(world.miner.targetW, most);
      world.miner.writes.length = 0;
      for (const watts of [899, 3601, Number.NaN]) {
        await assert.rejects(world.done(limit?.run(watts, true)), { kind: 'refused' });
      }
      assert.deepEqual(world.miner.writes, []);
    });

    test('a log-in that the miner has forgotten costs two round trips more, and no cut', async () => {
      const world = await open({ api }).warm();
      world.miner.forgetTokens();
      await world.done(world.device.controls.sleep?.run());
      assert.equal(world.miner.resting, true);
    });

    test('it blinks until told not to, and goes down for a reboot', async () => {
      const world = await open({ api }).warm();
      await world.done(world.device.controls.locate?.run());
      assert.equal(world.miner.locating, true);
      await world.done(world.device.controls.locate?.stop());
      assert.equal(world.miner.locating, false);
      await world.done(world.device.controls.reboot?.run());
      assert.equal(world.miner.rebooting, true);
    });

    test('a wrong password is named without being told, and a corrected file works', async () => {
      const world = open({ api });
      world.password = 'guessed';
      await assert.rejects(world.done(world.device.controls.sleep?.run()), (error: Error & { kind?: string }) => {
        assert.equal(error.kind, 'unauthorised');
        assert.match(error.message, /password in m01\.pw is probably not the miner's/);
        assert.doesNotMatch(error.message, /guessed/);
        return true;
      });
      world.password = world.miner.spec.password;
      await world.done(world.device.controls.sleep?.run());
      assert.equal(world.miner.resting, true);
    });

    test('a refusal keeps the miner’s own words', async () => {
      const world = await open({ api }).warm();
      world.miner.faults.refusesSleep = true;
      await assert.rejects(world.done(world.device.controls.sleep?.run()), {
        kind: 'refused',
        message: api === 'rest' ? /500, "Failed to pause mining"/ : /refused bosminer\.stop: BosminerError/,
      });
    });

    test('a lock-out, a close without a word, a cut reply and silence are told apart', async () => {
      const world = await open({ api }).warm();
      await assertSilencesAreToldApart(world);
      world.miner.faults.lockedOut = true;
      world.miner.forgetTokens();
      await assert.rejects(world.done(world.device.controls.sleep?.run()), { kind: 'refused', code: 429 });
    });
  });
}

test('quick ramping is set once, and says how fast a pause takes effect', async () => {
  const ramping = { up_s: 5, down_s: 2 };
  const world = await open({}, { quick_ramping: ramping }).warm();
  assert.deepEqual(world.miner.quickRamping, ramping);
  const { sleep, wake } = world.device.controls;
  assert.deepEqual([sleep?.capability.settle_ms, wake?.capability.settle_ms], [3000, 6000]);
  await world.clock.advance(30 * 60_000);
  const set = world.miner.writes.filter((write) => write.startsWith('performance/quick-ramping'));
  assert.equal(set.length, 1, 'it is written to flash: not at each warming');
});

test('without a range in the config there is no limit over GraphQL', async () => {
  const world = await open({ api: 'graphql' }, { power_target_w: undefined }).warm();
  assert.equal(world.device.controls.limit, undefined);
});
