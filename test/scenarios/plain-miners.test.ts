/** The miners of the second and third rank: each control, what each firmware does in its own way, and being recognised. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { AdapterError } from '#adapters/errors.ts';
import { adapterNamed, adapters } from '#adapters/registry.ts';
import type { AuradineMiner } from '#test/simulator/auradine.ts';
import type { AvalonMiner } from '#test/simulator/avalon.ts';
import type { AxeosMiner } from '#test/simulator/axeos.ts';
import type { EpicMiner } from '#test/simulator/epic.ts';
import type { GoldshellMiner } from '#test/simulator/goldshell.ts';
import type { MarathonMiner } from '#test/simulator/marathon.ts';
import type { MinerOptions, SimulatedMiner } from '#test/simulator/miners.ts';
import { minerKinds } from '#test/simulator/miners.ts';
import type { PlainKindMiner } from '#test/simulator/plain-kinds.ts';
import { plainKinds } from '#test/simulator/plain-kinds.ts';
import { createRack } from '#test/simulator/rack.ts';
import { SimulatedDevice } from '#test/support/simulated-device.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';

const tally = { controls: 0, pairs: 0 };
after(() =>
  console.log(`${tally.controls} controls of ${plainKinds.length} kinds; ${tally.pairs} pairs of adapter and miner`),
);

for (const kind of plainKinds) {
  describe(kind, () => {
    test('says who it is and how it does', async () => {
      const at = plain(kind);
      const { spec } = at.miner;
      const identity = await at.done(at.device.identify());
      assert.equal(identity.mac, kind === 'avalon' ? spec.mac : spec.mac.toLowerCase());
      assert.ok(identity.model?.includes(spec.model));
      const reading = await at.done(at.device.read());
      assert.ok(near(reading.powerW, spec.ratedW), `${reading.powerW} W`);
      assert.ok(near(reading.hashrateThs, spec.ratedThs), `${reading.hashrateThs} TH/s`);
      assert.deepEqual([reading.faults, reading.repairs], [[], 0]);
      // What it does not say is not made up.
      assert.equal(reading.asleep, kind === 'innosilicon' ? undefined : false);
    });

    test('sleeps, also twice, wakes, blinks and restarts, as far as it can', async () => {
      const at = await plain(kind).warm();
      const { sleep, wake, locate, reboot } = at.device.controls;
      if (sleep) {
        await at.done(sleep.run());
        await at.clock.advance(sleep.capability.settle_ms);
        assert.equal((await at.done(at.device.read())).asleep, true);
        assert.ok(at.miner.watts() < 1.1 * at.miner.spec.residualW, 'it rests in the time it promises');
        await at.done(sleep.run());
        assert.equal(at.miner.asleep, true);
      }
      if (wake) {
        await at.done(wake.run());
        await at.clock.advance(wake.capability.settle_ms);
        assert.equal((await at.done(at.device.read())).asleep, false);
        assert.equal(at.miner.watts(), at.miner.spec.ratedW);
      }
      if (locate) {
        await at.done(locate.run());
        assert.equal(at.miner.blinking, true);
        await at.done(locate.stop());
        assert.equal(at.miner.blinking, false);
      }
      if (reboot) {
        await at.done(reboot.run());
        assert.equal(at.miner.rebooting, true);
      }
      tally.controls += [sleep, wake, locate, reboot].filter(Boolean).length;
      await at.device.stop();
    });

    test('whose cut is refused says so with its own words', async () => {
      const at = await plain(kind).warm();
      at.miner.faults.refusesSleep = true;
      const { sleep } = at.device.controls;
      if (sleep) await assert.rejects(at.done(sleep.run()), { kind: 'refused' });
      await at.device.stop();
    });
  });
}

describe('a firmware with a way of its own', () => {
  test('Avalon: an appointment is by its clock, which began at its start, and costs one round trip', async () => {
    const at = await new SimulatedDevice<AvalonMiner>({ id: 'm01', kind: 'avalon' }).warm();
    await at.done(at.device.controls.sleep?.run());
    assert.equal(at.connections, 1);
    await at.clock.advance(6000);
    assert.equal(at.miner.asleep, false, 'not before the appointment');
    await at.clock.advance(2000);
    assert.equal(at.miner.asleep, true);
    await at.device.stop();
  });

  test('Auradine: a token that was forgotten is replaced in mid-cut', async () => {
    const at = await new SimulatedDevice<AuradineMiner>({ id: 'm01', kind: 'auradine' }).warm();
    at.miner.token = 'another';
    await at.done(at.device.controls.sleep?.run());
    assert.deepEqual(at.miner.writes, ['sleep on']);
    await at.device.stop();
  });

  test('Auradine: its hash rate has a port of its own, and without it the rest is read', async () => {
    const at = new SimulatedDevice<AuradineMiner>({ id: 'm01', kind: 'auradine' }, { cgminer_port: 9 });
    const { powerW, hashrateThs } = await at.done(at.device.read());
    assert.deepEqual([powerW, hashrateThs], [at.miner.spec.ratedW, undefined]);
  });

  for (const ciphers of [true, false]) {
    test(`Goldshell: logs in where passwords go ${ciphers ? 'under the cipher' : 'as they are'}`, async () => {
      const at = new SimulatedDevice<GoldshellMiner>({ id: 'm01', kind: 'goldshell', ciphers });
      assert.equal((await at.done(at.device.read())).asleep, false);
    });
  }

  test('Goldshell: wakes to the plan it had, not to the first', async () => {
    const at = await new SimulatedDevice<GoldshellMiner>({ id: 'm01', kind: 'goldshell' }).warm();
    at.miner.choose(1);
    await at.done(at.device.read());
    await at.done(at.device.controls.sleep?.run());
    await at.done(at.device.controls.wake?.run());
    assert.deepEqual(at.miner.writes, ['select 2', 'select 1']);
    await at.device.stop();
  });

  test('Goldshell: a false 401 is not believed', async () => {
    const at = await new SimulatedDevice<GoldshellMiner>({ id: 'm01', kind: 'goldshell' }).warm();
    at.miner.falseRefusals = 1;
    await at.done(at.device.controls.sleep?.run());
    assert.deepEqual(at.miner.writes, ['select 2']);
    await at.device.stop();
  });

  test('Goldshell: one without a plan for sleep is read only', async () => {
    const at = await new SimulatedDevice<GoldshellMiner>({ id: 'm01', kind: 'goldshell', plans: [0, 1] }).warm();
    assert.deepEqual(at.device.controls, {});
    await at.device.stop();
  });

  test('AxeOS: one that cannot be paused is read only, but blinks', async () => {
    const at = new SimulatedDevice<AxeosMiner>({ id: 'm01', kind: 'axeos', pauses: false });
    assert.equal('asleep' in (await at.done(at.device.read())), false);
    assert.deepEqual(Object.keys(at.device.controls), ['reboot', 'locate']);
  });

  test('AxeOS: a device that blinks already goes on when told to', async () => {
    const at = await new SimulatedDevice<AxeosMiner>({ id: 'm01', kind: 'axeos' }).warm();
    at.miner.blinking = true;
    await at.done(at.device.controls.locate?.run());
    assert.equal(at.miner.blinking, true);
    await at.device.stop();
  });

  test('ePIC: takes watts where its tuner aims at them, between what it says they may be', async () => {
    const at = await new SimulatedDevice<EpicMiner>({ id: 'm01', kind: 'epic', tuner: 'Power' }).warm();
    await at.done(at.device.read());
    const { limit } = at.device.controls;
    assert.deepEqual(limit?.capability.range, { min: 1505, max: 3010, step: 1, unit: 'watts' });
    await at.done(limit?.run(2000, true));
    assert.equal((await at.done(at.device.read())).limit, 2000);
    assert.equal(at.miner.settledW, 2000);
    await assert.rejects(at.done(limit?.run(900, true)), { kind: 'refused' });
    await at.device.stop();
  });

  test('ePIC: has no limit where its tuner aims at something else', async () => {
    const at = await new SimulatedDevice<EpicMiner>({ id: 'm01', kind: 'epic' }).warm();
    await at.done(at.device.read());
    assert.equal(at.device.controls.limit, undefined);
    await at.device.stop();
  });

  test('ePIC, Auradine and Goldshell: a wrong password is said to be one', async () => {
    for (const kind of ['epic', 'auradine', 'goldshell'] as const) {
      const at = plain(kind);
      at.password = 'wrong';
      const cut = at.done(at.device.controls.sleep?.run());
      await assert.rejects(cut, { kind: 'unauthorised', message: new RegExp(`password in ${at.miner.passwordFile}`) });
      assert.deepEqual(at.miner.writes, []);
    }
  });

  test('MaraFW: sleep and wake give the whole configuration back as it was', async () => {
    const at = await new SimulatedDevice<MarathonMiner>({ id: 'm01', kind: 'marathon' }).warm();
    const before = structuredClone(at.miner.config);
    await at.done(at.device.controls.sleep?.run());
    assert.deepEqual([at.miner.mode, at.miner.config['pools']], ['Sleep', before['pools']]);
    await at.done(at.device.controls.wake?.run());
    assert.deepEqual(at.miner.config, before);
    await at.device.stop();
  });
});

describe('an unknown address', () => {
  for (const kind of minerKinds) {
    test(`with a ${kind} is recognised as that and nothing that is asked before it`, async () => {
      const clock = new VirtualClock();
      const rack = createRack({ clock, miners: [{ id: 'm01', kind } as MinerOptions] });
      const miner = rack.miners[0] as SimulatedMiner;
      const own = adapterNamed(miner.entry.adapter);
      for (const adapter of adapters.slice(0, own && adapters.indexOf(own) + 1)) {
        if (!adapter.recognition) continue;
        tally.pairs += 1;
        const recognised = await asked(adapter.recognition, miner, rack, clock);
        assert.equal(recognised !== undefined, adapter === own, adapter.name);
      }
      assert.deepEqual(miner.writes, []);
    });
  }
});

/** As discovery asks: a refusal of any kind is a no, and no secret is given away. */
async function asked(
  recognition: NonNullable<(typeof adapters)[number]['recognition']>,
  { spec }: SimulatedMiner,
  rack: ReturnType<typeof createRack>,
  clock: VirtualClock,
) {
  const silent = () => undefined;
  const connect = (host: string, port: number, signal: AbortSignal) =>
    rack.connect(host, port, signal).catch((cause) => {
      throw new AdapterError('unreachable', `${host}:${port}`, { cause });
    });
  const secret = () => Promise.reject(new Error('nothing is to be given away'));
  const log = { debug: silent, info: silent, warn: silent };
  const answer = recognition.ask(spec.host, { id: 'm01', clock, log, connect, secret }, AbortSignal.any([]));
  let ended = false;
  const heard = answer
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  for (let step = 0; !ended && step < 3000; step++) await clock.advance(10);
  return await heard;
}

function plain(kind: PlainKindMiner['kind']): SimulatedDevice<PlainKindMiner> {
  return new SimulatedDevice<PlainKindMiner>({ id: 'm01', kind } as MinerOptions & { kind: PlainKindMiner['kind'] });
}

function near(found: number | undefined, wanted: number): boolean {
  return found !== undefined && Math.abs(found - wanted) <= 0.01 * wanted;
}
