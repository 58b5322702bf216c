import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { luxos } from '#adapters/asic/luxos/luxos.ts';
import type { Ack, Connect, Device } from '#adapters/contract.ts';
import { Preempted } from '#adapters/errors.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { systemClock } from '#agent/platform/clock.ts';
import type { LuxosOptions } from '#test/simulator/luxos-spec.ts';
import { createRack } from '#test/simulator/rack.ts';

describe('a LuxOS miner on the network', () => {
  test('says who it is', async (t) => {
    const { device, miner } = await open(t);
    assert.deepEqual(await device.identify(), {
      make: 'Bitmain',
      model: miner.spec.model,
      firmware: `LuxOS ${miner.spec.firmware}`,
      mac: miner.spec.mac,
      serial: miner.spec.serial,
      hostname: miner.spec.id,
    });
  });

  test('is read as it runs', async (t) => {
    const { device, miner } = await open(t);
    const { asleep, powerW, powerFrom, hashrateThs, ratedHashrateThs, faults, repairs } = await device.read();
    assert.deepEqual(
      { asleep, powerW, powerFrom, hashrateThs, ratedHashrateThs, faults, repairs },
      {
        asleep: false,
        powerW: miner.spec.ratedW,
        powerFrom: 'psu',
        hashrateThs: miner.spec.ratedThs,
        ratedHashrateThs: miner.spec.ratedThs,
        faults: [],
        repairs: 0,
      },
    );
  });

  test('goes to sleep, also twice, and wakes', async (t) => {
    const { device, miner } = await open(t);
    const { sleep, wake } = device.controls;
    await sleep?.run();
    await sleep?.run();
    assert.equal((await device.read()).asleep, true);
    await wake?.run();
    assert.equal((await device.read()).asleep, false);
    assert.deepEqual(miner.writes, ['curtail sleep', 'curtail sleep', 'curtail wakeup']);
  });

  test('takes a limit and gives it back', async (t) => {
    const { device, miner } = await open(t);
    const range = await warmed(device);
    await limit(device, 2000, true);
    assert.equal((await device.read()).limit, 2000);
    assert.ok(miner.profile.powerW <= 2000);
    await limit(device, range.max, false);
    assert.equal((await device.read()).limit, miner.spec.ratedW);
    assert.equal(miner.profile.name, 'default');
  });

  test('takes a limit with thermal management on, which is on afterwards too', async (t) => {
    const { device, miner } = await open(t, { atmEnabled: true });
    await warmed(device);
    await limit(device, 2000, true);
    assert.equal((await device.read()).limit, 2000);
    assert.equal(miner.atm.enabled, true);
    assert.equal(miner.atm.max?.name, miner.profile.name);
  });

  test('blinks until told to stop', async (t) => {
    const { device, miner } = await open(t);
    await device.controls.locate?.run();
    assert.equal(miner.leds.red, 'blink');
    await device.controls.locate?.stop();
    assert.equal(miner.leds.red, 'auto');
  });

  test('is out of reach while it reboots, forgets the session, and obeys all the same', async (t) => {
    const { device, miner } = await open(t, { timing: { rebootMs: 300 } });
    await device.controls.reboot?.run();
    await assert.rejects(device.read(), { kind: 'unreachable' });
    while (miner.rebooting) await device.read().catch(() => undefined);
    await device.controls.sleep?.run();
    assert.equal((await device.read()).asleep, true);
  });

  test('whose session another client holds goes to sleep, and the other keeps the session', async (t) => {
    const { device, miner } = await open(t);
    const id = miner.session.takenByAnother();
    await device.controls.sleep?.run();
    await device.stop();
    assert.equal(miner.session.id, id);
    assert.deepEqual(miner.writes, ['curtail sleep']);
  });

  test('whose session another client takes in mid-event wakes all the same', async (t) => {
    const { device, miner } = await open(t);
    await device.controls.sleep?.run();
    miner.session.takenByAnother();
    await device.controls.wake?.run();
    assert.equal((await device.read()).asleep, false);
  });

  test('has its session back when the agent stops', async (t) => {
    const { device, miner } = await open(t);
    await device.controls.sleep?.run();
    assert.notEqual(miner.session.id, '');
    await device.stop();
    assert.equal(miner.session.id, '');
  });

  test('that acknowledges and does nothing is still awake by its own word', async (t) => {
    const { device, miner } = await open(t);
    miner.faults.ignoresCommands = true;
    assert.equal((await device.controls.sleep?.run())?.said, 'Curtailment command sent');
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
    assert.equal((await cut)?.said, 'Curtailment command sent');
    assert.equal((await device.read()).asleep, true);
  });

  test('that forgets commas and writes nan is read, and the repairs are counted', async (t) => {
    const { device, miner } = await open(t);
    miner.faults.forgetsCommas = true;
    miner.faults.bareNan = true;
    const { powerW, repairs } = await device.read();
    assert.deepEqual({ powerW, repairs }, { powerW: miner.spec.ratedW, repairs: 2 });
  });
});

describe('the error says what is wrong when', () => {
  test('the miner refuses to sleep', async (t) => {
    const { device, miner } = await open(t);
    miner.faults.refusesSleep = true;
    await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), {
      kind: 'refused',
      message: /refused curtail .*"Unable to change curtailment mode"/,
    });
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

  test('a WhatsMiner is at the address', async (t) => {
    const { device } = await open(t, {}, 'w01');
    await assert.rejects(device.identify(), { kind: 'unsupported', code: 14 });
  });
});

function limit(device: Device, watts: number, lowers: boolean): Promise<Ack | undefined> {
  return device.controls.limit?.run(watts, lowers) ?? Promise.reject(new Error('no limit is offered'));
}

/** Starts the device and waits for its profiles. */
async function warmed(device: Device) {
  device.start();
  for (;;) {
    const range = device.controls.limit?.capability.range;
    if (range) return range;
    await device.read();
  }
}

/** A miner whose settings act at once, so that what it says shows them in the next reading. */
const prompt = { replyMs: 1, sleep: { deadMs: 0, tauMs: 1 }, startMs: 0, rampMs: 0, profileMs: 0 };

/** A simulated miner behind a real socket, and the adapter's device for it. `wire` says when a connection stands. */
async function open(t: TestContext, options: Partial<LuxosOptions> = {}, at = 'm01') {
  const miners = [{ ...options, id: 'm01', kind: 'luxos' as const, timing: { ...prompt, ...options.timing } }];
  const rack = createRack({ clock: systemClock, miners: [...miners, { id: 'w01' }] });
  const address = (await rack.listen()).get(at);
  assert.ok(address);
  const wire = new EventEmitter();
  const connect: Connect = async (host, port, signal) => {
    const stream = await connectTcp(host, port, signal);
    wire.emit('connected');
    return stream;
  };
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const secret = () => Promise.reject(new Error('LuxOS has no password'));
  const device: Device = luxos.open(address, { id: 'm01', clock: systemClock, log, connect, secret });
  t.after(async () => {
    await device.stop();
    await rack.stop();
  });
  return { device, miner: rack.luxosMiner('m01'), wire };
}
