import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { whatsminerV2 } from '#adapters/asic/whatsminer/v2.ts';
import type { Connect, Device } from '#adapters/contract.ts';
import { Preempted } from '#adapters/errors.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { createRack } from '#test/simulator/rack.ts';
import type { WhatsminerOptions } from '#test/simulator/whatsminer-spec.ts';

describe('a WhatsMiner on the network', () => {
  test('says who it is', async (t) => {
    const { device, miner } = await open(t);
    assert.deepEqual(await device.identify(), {
      make: 'MicroBT',
      model: miner.spec.model,
      firmware: miner.spec.firmware,
      mac: miner.spec.mac.toLowerCase(),
      serial: miner.spec.serial,
      hostname: 'WhatsMiner',
    });
  });

  test('is read as it runs', async (t) => {
    const { device, miner } = await open(t);
    const reading = await device.read();
    assert.equal(reading.asleep, false);
    assert.equal(reading.powerW, miner.spec.ratedW);
    assert.equal(reading.hashrateThs, miner.spec.ratedThs);
    assert.equal(reading.ratedHashrateThs, miner.spec.ratedThs);
    assert.equal(reading.limit, 100);
    assert.deepEqual(reading.faults, []);
    assert.equal(reading.repairs, 0);
  });

  test('goes to sleep, wakes, takes a limit and gives it back', async (t) => {
    const { device, miner } = await open(t);
    const { sleep, wake, limit } = device.controls;
    await sleep?.run();
    assert.equal((await device.read()).asleep, true);
    await sleep?.run();
    assert.equal((await device.read()).asleep, true);
    await wake?.run();
    assert.equal((await device.read()).asleep, false);
    await limit?.run(60, true);
    assert.equal((await device.read()).limit, 60);
    await limit?.run(100, false);
    assert.equal((await device.read()).limit, 100);
    assert.deepEqual(miner.writes, ['power_off', 'power_off', 'power_on', 'set_power_pct', 'set_power_pct']);
  });

  test('blinks until told to stop', async (t) => {
    const { device, miner } = await open(t);
    await device.controls.locate?.run();
    assert.equal(miner.led, 'red,200,100,0');
    await device.controls.locate?.stop();
    assert.equal(miner.led, 'auto');
  });

  test('is out of reach while it reboots, and refuses the old token afterwards without anyone noticing', async (t) => {
    const { device, miner } = await open(t, { timing: { rebootMs: 300 } });
    await device.controls.reboot?.run();
    await assert.rejects(device.read(), { kind: 'unreachable' });
    while (miner.rebooting) await device.read().catch(() => undefined);
    await device.controls.sleep?.run();
    assert.equal((await device.read()).asleep, true);
  });

  test('whose token was lost takes the command all the same', async (t) => {
    const { device, miner } = await open(t);
    await device.controls.limit?.run(80, true);
    miner.tokens.forget();
    await device.controls.sleep?.run();
    assert.deepEqual(miner.writes, ['set_power_pct', 'power_off']);
  });

  test('that acknowledges and does nothing is still awake by its status', async (t) => {
    const { device, miner } = await open(t);
    miner.faults.ignoresCommands = true;
    assert.equal((await device.controls.sleep?.run())?.said, 'API command OK');
    assert.equal((await device.read()).asleep, false);
  });

  test('that takes 21 s over a reading does not hold up a cut', async (t) => {
    const { device, miner, wire } = await open(t);
    miner.faults.answersAfterMs = 21_000;
    const reading = assert.rejects(device.read(), Preempted);
    await once(wire, 'connected');
    const cut = device.controls.sleep?.run();
    // Answers in time again from the cut's own connection on.
    await once(wire, 'connected');
    miner.faults.answersAfterMs = undefined;
    await reading;
    assert.equal((await cut)?.said, 'API command OK');
    assert.equal((await device.read()).asleep, true);
  });
});

describe('the error says what to do when', () => {
  test('the password is wrong', async (t) => {
    const { device } = await open(t, {}, 'not the password');
    await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), {
      kind: 'unauthorised',
      message: /the password in m01\.pw is probably not the miner's/,
    });
  });

  test('the API is switched off', async (t) => {
    const { device, miner } = await open(t);
    miner.writeApi = false;
    await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), {
      kind: 'unauthorised',
      code: 45,
      message: /enable the miner's API with WhatsMinerTool and replace the default password/,
    });
  });

  test('the miner fails to carry a command out', async (t) => {
    const { device, miner } = await open(t);
    miner.faults.refusesWith = 132;
    await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), { kind: 'refused', code: 132 });
  });

  test('the miner closes without a reply', async (t) => {
    const { device, miner } = await open(t);
    miner.faults.closesWithoutReply = true;
    await assert.rejects(device.read(), { kind: 'unreachable', code: 'closed' });
  });

  test('half of the reply is missing', async (t) => {
    const { device, miner } = await open(t);
    miner.faults.brokenJson = true;
    await assert.rejects(device.read(), { kind: 'malformed' });
  });
});

/** A miner whose settings act at once, so that its status shows them in the next reading. */
const prompt = { replyMs: 1, powerOff: { deadMs: 0, tauMs: 1 }, percent: { deadMs: 0, tauMs: 1 }, bootMs: 0 };

/** A simulated miner behind a real socket, and the adapter's device for it. `wire` says when a connection stands. */
async function open(t: TestContext, { timing, ...options }: Partial<WhatsminerOptions> = {}, password = 'simulated') {
  const miners = [{ ...options, id: 'm01', timing: { ...prompt, ...timing } }];
  const rack = createRack({ clock: systemClock, miners });
  const address = (await rack.listen()).get('m01');
  assert.ok(address);
  const wire = new EventEmitter();
  const connect: Connect = async (host, port, signal) => {
    const stream = await connectTcp(host, port, signal);
    wire.emit('connected');
    return stream;
  };
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const context = { id: 'm01', clock: systemClock, log, connect, secret: async () => password };
  const device: Device = whatsminerV2.open({ ...address, password_file: 'm01.pw' }, context);
  t.after(async () => {
    await device.stop();
    await rack.stop();
  });
  return { device, miner: rack.miner('m01'), wire };
}
