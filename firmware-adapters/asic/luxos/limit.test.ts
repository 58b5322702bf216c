import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { refused, ScriptedLuxos } from '#test/support/scripted-luxos.ts';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import type { Ack, Device } from '../../contract.ts';
import { Preempted } from '../../errors.ts';
import { luxos } from './luxos.ts';

describe('a limit', () => {
  test('is offered once the profiles are known, from the lowest up to the default one', async () => {
    const { device } = open();
    assert.equal('limit' in device.controls, false);
    device.start();
    await settle(60);
    assert.deepEqual(device.controls.limit?.capability.range, { min: 1900, max: 3000, step: 350, unit: 'watts' });
  });

  test('is not offered where the miner lists no profiles, or is steered by watts', async () => {
    const bare = open();
    delete bare.miner.sections['profiles'];
    const byWatts = open();
    byWatts.miner.sections['config'] = { CONFIG: [{ IsPowerTargetEnabled: true }] };
    for (const { device } of [bare, byWatts]) {
      device.start();
      await settle(60);
      assert.equal(device.controls.limit, undefined);
      await device.stop();
    }
  });

  test('says that it is slow and writes flash', async () => {
    const { device } = await warm();
    const { range: _range, ...cost } = device.controls.limit?.capability ?? {};
    assert.deepEqual(cost, { settle_ms: 60_000, restarts: false, persistent: true, min_interval_s: 60 });
  });

  test('sets the strongest profile that draws no more', async () => {
    const { miner, device } = await warm();
    for (const watts of [3000, 2999, 2600, 1900]) await limit(device, watts, true);
    assert.deepEqual(
      miner.asked().filter((request) => request.startsWith('profileset')),
      ['profileset S1,default', 'profileset S1,545MHz', 'profileset S1,545MHz', 'profileset S1,445MHz'],
    );
  });

  test('outside its range never reaches the miner', async () => {
    const { miner, device } = await warm();
    for (const watts of [1899, 3001, Number.NaN]) await assert.rejects(limit(device, watts, true), { kind: 'refused' });
    assert.deepEqual(miner.asked(), []);
  });

  test('is read back as the number that was asked for while its profile is set', async () => {
    const { miner, device } = await warm();
    await limit(device, 2700, true);
    set(miner, 'config', { CurtailMode: 'None', Profile: '545MHz', IsAtmEnabled: false });
    assert.equal((await device.read()).limit, 2700);
    set(miner, 'config', { CurtailMode: 'None', Profile: '495MHz', IsAtmEnabled: false });
    assert.equal((await device.read()).limit, 2250);
  });

  test('that the miner refused is not read back', async () => {
    const { miner, device } = await warm();
    set(miner, 'config', { CurtailMode: 'None', Profile: '545MHz' });
    miner.answer = (request) => (request.command === 'profileset' ? refused('No', 400) : miner.usual(request));
    await assert.rejects(limit(device, 2700, true), { kind: 'refused' });
    assert.equal((await device.read()).limit, 2600);
  });
});

describe('with thermal management on, a limit', () => {
  test('has it off only for the change, and on again with the limit as its bound', async () => {
    const { miner, device } = await hot('default');
    assert.equal((await limit(device, 2700, true))?.said, 'profileset done');
    await settle();
    assert.deepEqual(miner.asked(), [
      'config+atm',
      'logon',
      'atmset S1,enabled=false',
      'profileset S1,545MHz',
      'atmset S1,enabled=true,max_profile=545MHz',
    ]);
    await device.controls.sleep?.run();
    assert.deepEqual(miner.asked(), ['curtail S1,sleep']);
  });

  test('does not keep a cut waiting while it comes on again, and it comes on after the cut', async () => {
    const { miner, device, warnings } = await hot('default');
    miner.answer = (request) => (request.parameter?.includes('enabled=true') ? 'silence' : miner.usual(request));
    await limit(device, 2700, true);
    await settle();
    miner.answer = (request) => miner.usual(request);
    miner.asked();
    await device.controls.sleep?.run();
    await settle();
    assert.deepEqual(miner.asked(), ['curtail S1,sleep', 'atmset S1,enabled=true,max_profile=545MHz']);
    assert.deepEqual(warnings, []);
  });

  test('has it on again before the readings that wait', async () => {
    const { miner, device } = await hot('default');
    await Promise.all([limit(device, 2700, true), device.read()]);
    assert.match(miner.asked().at(-2) ?? '', /enabled=true/);
  });

  test('does not raise a profile that the heat keeps lower already', async () => {
    const { miner, device } = await hot('445MHz');
    await limit(device, 2700, true);
    await settle();
    assert.deepEqual(miner.asked(), ['config+atm', 'logon', 'atmset S1,max_profile=545MHz']);
  });

  test('that is lifted sets the profile, since thermal management would take hours to climb', async () => {
    const { miner, device } = await hot('445MHz');
    await limit(device, 3000, false);
    assert.ok(miner.asked().includes('profileset S1,default'));
  });

  test('is read as its bound, whatever profile the heat has chosen', async () => {
    const { miner, device } = await hot('445MHz');
    assert.equal((await device.read()).limit, 3600);
    await limit(device, 2700, true);
    set(miner, 'atm', { Enabled: true, MaxProfile: '545MHz' });
    assert.equal((await device.read()).limit, 2700);
  });

  test('that the miner refuses leaves it on, with the bound it had', async () => {
    const { miner, device } = await hot('default');
    miner.answer = (request) => (request.command === 'profileset' ? refused('No', 400) : miner.usual(request));
    await assert.rejects(limit(device, 2700, true), { kind: 'refused' });
    await settle();
    assert.equal(miner.asked().at(-1), 'atmset S1,enabled=true');
  });

  test('that a cut pushes aside leaves it on, after the cut', async () => {
    const { miner, device } = await hot('445MHz');
    miner.answer = (request) => (request.command === 'profileset' ? 'silence' : miner.usual(request));
    const raise = assert.rejects(limit(device, 3000, false), Preempted);
    await settle(60);
    await device.controls.sleep?.run();
    await raise;
    await settle();
    assert.deepEqual(miner.asked().slice(2), [
      'atmset S1,enabled=false',
      'profileset S1,default',
      'curtail S1,sleep',
      'atmset S1,enabled=true',
    ]);
  });

  test('that is broken off by a stop leaves it on', async () => {
    const { miner, device } = await hot('default');
    miner.answer = (request) => (request.command === 'profileset' ? 'silence' : miner.usual(request));
    const broken = assert.rejects(limit(device, 2700, true), Preempted);
    await settle(60);
    await device.stop();
    await broken;
    assert.deepEqual(miner.asked().slice(-2), ['atmset S1,enabled=true', 'logoff S1']);
  });

  test('that cannot put it back tries again when the session is warmed, and says so', async () => {
    const { miner, device, clock, warnings } = await hot('default');
    miner.answer = (request) => (request.parameter?.includes('enabled=true') ? undefined : miner.usual(request));
    await limit(device, 2700, true);
    await settle();
    assert.match(warnings.join(), /thermal management is still off/);
    miner.answer = (request) => miner.usual(request);
    miner.asked();
    await clock.advance(10 * 60_000);
    assert.ok(miner.asked().some((request) => request.endsWith('enabled=true,max_profile=545MHz')));
  });
});

function limit(device: Device, watts: number, lowers: boolean): Promise<Ack | undefined> {
  return device.controls.limit?.run(watts, lowers) ?? Promise.resolve(undefined);
}

/** A miner whose thermal management is on, without an upper bound, and has chosen `profile`. */
async function hot(profile: string) {
  const parts = await warm();
  set(parts.miner, 'config', { CurtailMode: 'None', IsAtmEnabled: true, Profile: profile });
  set(parts.miner, 'atm', { Enabled: true, MaxProfile: '' });
  return parts;
}

function set(miner: ScriptedLuxos, command: string, fields: object): void {
  miner.sections[command] = { [command.toUpperCase()]: [fields] };
}

async function warm() {
  const parts = open();
  parts.device.start();
  await settle(60);
  parts.miner.asked();
  return parts;
}

function open() {
  const clock = new VirtualClock();
  const miner = new ScriptedLuxos();
  const warnings: string[] = [];
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_detail: object, message: string) => warnings.push(message),
  };
  const secret = () => Promise.reject(new Error('LuxOS has no password'));
  const options = { host: '10.0.1.11', port: 4028 };
  const device = luxos.open(options, { id: 'm01', clock, log, connect: miner.connect, secret });
  return { clock, miner, device, warnings };
}
