import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { VnishMiner } from '#test/simulator/vnish-miner.ts';
import type { VnishOptions } from '#test/simulator/vnish-spec.ts';
import { assertSilencesAreToldApart, SimulatedDevice } from '#test/support/simulated-device.ts';
import { identityOf, presetsOf, readingOf } from './reading.ts';

const open = (options: Partial<VnishOptions> = {}, change: Record<string, unknown> = {}) =>
  new SimulatedDevice<VnishMiner>({ id: 'm01', ...options, kind: 'vnish' }, change);

test('it says who it is', async () => {
  const world = await open().warm();
  assert.deepEqual(await world.done(world.device.identify()), {
    make: 'Bitmain',
    model: 'Antminer S21 Pro',
    firmware: 'VNish 1.3.4',
    mac: '02:5a:11:21:00:01',
    serial: 'SIMS210001',
    hostname: 'm01',
  });
});

test('it is read, and the pool of the firmware’s own fee is not the owner’s', async () => {
  const world = await open().warm();
  assert.deepEqual(await world.done(world.device.read()), {
    asleep: false,
    powerW: 3500,
    powerFrom: 'psu',
    limit: 3500,
    hashrateThs: 234,
    ratedHashrateThs: 234,
    efficiencyJPerTh: 14.957,
    chipMaxC: 65,
    boardC: [50, 50, 50],
    fanRpm: [5880, 5880, 5880, 5880],
    pools: [{ url: 'pool1.invalid:3333', user: 'ballast.m01', alive: true, active: true }],
    faults: [],
    repairs: 0,
  });
});

test('a warm cut is one round trip on the connection that stands, and shutting down is not yet sleep', async () => {
  const world = await open().warm();
  const { value, tookMs } = await world.timed(world.device.controls.sleep?.run());
  assert.deepEqual([value.said, world.connections], ['stop accepted', 0]);
  assert.ok(tookMs <= 40, `${tookMs} ms`);
  assert.equal((await world.done(world.device.read())).asleep, false);
  await world.clock.advance(2000);
  assert.equal((await world.done(world.device.read())).asleep, true);
});

test('it sleeps twice, and wakes with the preset it had', async () => {
  const world = await open().warm();
  const { sleep, wake } = world.device.controls;
  for (const control of [sleep, sleep, wake]) await world.done(control?.run());
  assert.deepEqual(world.miner.writes, ['mining/stop', 'mining/stop', 'mining/start']);
  assert.deepEqual([world.miner.resting, world.miner.preset.watts], [false, 3500]);
});

describe('partial power', () => {
  test('goes by the tuned presets and the one in force, the strongest within the watts asked for', async () => {
    const world = await open().warm();
    const { limit } = world.device.controls;
    assert.deepEqual(limit?.capability.range, { min: 2450, max: 3500, step: 520, unit: 'watts' });
    assert.equal((await world.done(limit?.run(2800, true))).said, 'preset 2450');
    assert.equal(world.miner.preset.watts, 2450);
    assert.equal((await world.done(world.device.read())).limit, 2800, 'what was asked for is in force');
  });

  test('restarts the mining process where the miner asks for it', async () => {
    const world = await open().warm();
    await world.done(world.device.controls.limit?.run(2500, true));
    assert.deepEqual(
      world.miner.writes.map((write) => write.split(' ')[0]),
      ['settings', 'mining/restart'],
    );
  });

  test('takes untuned presets where the config says so', async () => {
    const world = await open({}, { untuned_presets: true }).warm();
    const range = world.device.controls.limit?.capability.range;
    assert.deepEqual([range?.min, range?.max], [2100, 4200]);
  });

  test('outside the range never reaches the miner', async () => {
    const world = await open().warm();
    for (const watts of [2449, 3501, Number.NaN]) {
      await assert.rejects(world.done(world.device.controls.limit?.run(watts, true)), { kind: 'refused' });
    }
    assert.deepEqual(world.miner.writes, []);
  });
});

test('a build that lets nobody read without its token is read with it', async () => {
  const world = await open({ readsLocked: true }).warm();
  assert.equal((await world.done(world.device.read())).powerW, 3500);
});

test('a token that the miner has forgotten costs two round trips more, and no cut', async () => {
  const world = await open().warm();
  world.miner.forgetTokens();
  await world.done(world.device.controls.sleep?.run());
  assert.equal(world.miner.resting, true);
});

for (const old of [true, false]) {
  test(`it blinks until told not to, ${old ? 'before' : 'since'} 1.3.4`, async () => {
    const world = await open({ old }).warm();
    await world.done(world.device.controls.locate?.run());
    assert.equal(world.miner.locating, true);
    await world.done(world.device.controls.locate?.stop());
    assert.equal(world.miner.locating, false);
  });
}

test('it goes down for a reboot, once, and what was asleep stays asleep', async () => {
  const world = await open().warm();
  await world.done(world.device.controls.sleep?.run());
  await world.done(world.device.controls.reboot?.run());
  assert.equal(world.miner.rebooting, true);
  await world.clock.advance(61_000);
  assert.equal((await world.done(world.device.read())).asleep, true);
  assert.deepEqual(world.miner.writes, ['mining/stop', 'system/reboot']);
});

describe('the error says what is wrong when', () => {
  test('the password is wrong, without telling it', async () => {
    const world = open();
    world.password = 'guessed';
    await assert.rejects(world.done(world.device.controls.sleep?.run()), (error: Error) => {
      assert.match(error.message, /403, "Wrong password".*password in m01\.pw is probably not the miner's/);
      assert.doesNotMatch(error.message, /guessed/);
      return true;
    });
    world.password = world.miner.spec.password;
    await world.done(world.device.controls.sleep?.run());
    assert.equal(world.miner.resting, true);
  });

  test('it has locked us out: then it is left alone for half a minute', async () => {
    const world = open();
    world.miner.faults.lockedOut = true;
    await assert.rejects(world.done(world.device.controls.sleep?.run()), { kind: 'refused', code: 429 });
    world.miner.faults.lockedOut = false;
    await assert.rejects(world.done(world.device.controls.sleep?.run()), {
      code: 429,
      message: /left alone for half a minute/,
    });
    await world.clock.advance(30_000);
    await world.done(world.device.controls.sleep?.run());
    assert.equal(world.miner.resting, true);
  });

  test('the miner refuses to sleep, in its own words', async () => {
    const world = await open().warm();
    world.miner.faults.refusesSleep = true;
    await assert.rejects(world.done(world.device.controls.sleep?.run()), {
      kind: 'refused',
      code: 500,
      message: /"Failed to stop mining"/,
    });
  });

  test('it closes without a word, cuts its replies short, or says nothing', async () => {
    await assertSilencesAreToldApart(await open().warm());
  });
});

describe('a reply', () => {
  const summary = (miner: object) => readingOf({ miner }, 'GH/s');

  test('says asleep by the firmware’s own state alone', () => {
    const states = ['mining', 'auto-tuning', 'starting', 'shutting-down', 'stopped', 'failure'];
    const asleep = states.map((miner_state) => summary({ miner_status: { miner_state }, hr_realtime: 0 }).asleep);
    assert.deepEqual(asleep, [false, false, false, false, true, false]);
    assert.equal(summary({}).asleep, undefined);
  });

  test('has rates in the unit that the miner names', () => {
    const rate = (measure: string | undefined) => readingOf({ miner: { hr_realtime: 173_870 } }, measure).hashrateThs;
    assert.deepEqual(
      [rate('GH/s'), rate(undefined), rate('MH/s'), rate('kSol/s')],
      [173.87, 173.87, 0.17387, undefined],
    );
  });

  test('of another firmware under the same path is not VNish', () => {
    assert.throws(() => identityOf({ fw_name: 'AnthillOS', fw_version: '1' }), { kind: 'unsupported' });
    assert.equal(identityOf({ fw_name: 'Vnish', serial: 'N/A' }).serial, undefined);
  });

  test('lists presets that are no watts, and those are left out', () => {
    const presets = presetsOf([{ name: 'disabled' }, { name: '3160', status: 'tuned' }, { name: '2550' }]);
    assert.deepEqual(presets, [
      { name: '2550', watts: 2550, tuned: false },
      { name: '3160', watts: 3160, tuned: true },
    ]);
  });

  test('with a failure keeps its code and its words', () => {
    const { faults } = summary({
      miner_status: { miner_state: 'failure', failure_code: 12, description: 'no chips' },
      chains: [{ id: 2, status: { state: 'failure', description: 'lost' } }],
    });
    assert.deepEqual(faults, ['miner: failure 12: no chips', 'chain 2: failure: lost']);
  });
});
