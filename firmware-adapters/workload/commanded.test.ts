/** Workloads that are told by programs: what those are asked, word for word, and what is made of their answers. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { slurm } from './slurm.ts';
import { systemdUnit } from './systemd-unit.ts';
import type { Workload, WorkloadAdapter } from './workload.ts';

const never = new AbortController().signal;
const notice = { deadline: 0, targetW: 60 };

describe('a unit of systemd', () => {
  const states: [told: string, state: string][] = [
    ['ActiveState=active\nFreezerState=running\n', 'running'],
    ['ActiveState=active\nFreezerState=frozen\n', 'paused'],
    ['ActiveState=inactive\nFreezerState=running\n', 'stopped'],
    ['ActiveState=failed\n', 'stopped'],
  ];
  for (const [told, state] of states) {
    test(`that shows ${JSON.stringify(told)} is ${state}`, async () => {
      assert.deepEqual(await open(systemdUnit, { unit: 'train.service' }, [told]).workload.read(never), { state });
    });
  }

  test('is frozen and thawed by its name and nothing else', async () => {
    const { workload, ran } = open(systemdUnit, { unit: 'train@0.service' }, [
      '',
      'ActiveState=active\nFreezerState=frozen',
      '',
    ]);
    await step(workload, 'freeze');
    await workload.resume(never);
    assert.deepEqual(ran, [
      '/usr/bin/systemctl freeze -- train@0.service',
      '/usr/bin/systemctl show --property=ActiveState,FreezerState -- train@0.service',
      '/usr/bin/systemctl thaw -- train@0.service',
    ]);
  });

  test('is stopped, and started, only where the config says what that loses', async () => {
    assert.deepEqual(
      open(systemdUnit, { unit: 'a.service' }, []).workload.steps.map(({ name }) => name),
      ['freeze'],
    );
    const asked = open(systemdUnit, { unit: 'a.service' }, ['ActiveState=inactive']);
    assert.equal(await asked.workload.resume(never), 'is stopped');
    const { workload } = open(systemdUnit, { unit: 'a.service', stop_loses_s: 600 }, ['', 'ActiveState=inactive', '']);
    assert.equal(await step(workload, 'stop'), 'stop');
    assert.equal(await workload.resume(never), 'start');
  });

  test('has a name that could be no option and no second command', () => {
    const fits = ['a.service', 'a', '-a.service', 'a;b.service', 'a b.service'].map(
      (unit) => systemdUnit.options.safeParse({ unit }).success,
    );
    assert.deepEqual(fits, [true, false, true, false, false]);
  });
});

describe('a job of Slurm', () => {
  test('runs, is suspended, or is not there', async () => {
    const states = ['41 RUNNING\n42 PENDING\n', '41 SUSPENDED\n', '42 PENDING\n', ''];
    const read = states.map(async (said) => (await open(slurm, { name: 'train' }, [said]).workload.read(never)).state);
    assert.deepEqual(await Promise.all(read), ['running', 'paused', 'stopped', 'stopped']);
  });

  test('is suspended by the ids that run, and resumed by those that are suspended', async () => {
    const { workload, ran } = open(slurm, { name: 'train' }, [
      '41 RUNNING\n42 PENDING\n43 RUNNING',
      '',
      '41 SUSPENDED',
      '',
    ]);
    await step(workload, 'freeze');
    await workload.resume(never);
    assert.deepEqual(ran, [
      '/usr/bin/squeue --noheader --name=train --format=%A %T',
      '/usr/bin/scontrol suspend 41,43',
      '/usr/bin/squeue --noheader --name=train --format=%A %T',
      '/usr/bin/scontrol resume 41',
    ]);
  });

  test('is told nothing when the list is not what Slurm writes', async () => {
    const { workload } = open(slurm, { name: 'train' }, ['slurm_load_jobs error: Unable to contact slurm controller']);
    await assert.rejects(workload.read(never), { kind: 'malformed' });
  });
});

function step({ steps }: Workload, name: string): Promise<string> {
  return (
    steps.find((each) => each.name === name)?.run(notice, never) ?? Promise.reject(new Error(`it offers no ${name}`))
  );
}

/** Programs that answer with these, in turn. */
function open<Options>(adapter: WorkloadAdapter<Options>, given: object, answers: string[]) {
  const ran: string[] = [];
  const unused = async () => assert.fail('of no use to it');
  const run = async (argv: readonly string[]) => {
    ran.push(argv.join(' '));
    return answers.shift() ?? assert.fail('is asked too often');
  };
  const sysfs = { read: unused, write: unused, list: unused };
  const host = { nvml: { gpu: unused, driver: unused }, sysfs, run };
  const log = { debug: () => {}, info: () => {}, warn: () => {} };
  const context = { id: 'job', clock: new VirtualClock(), log, connect: unused, secret: unused, host };
  return { workload: adapter.open(adapter.options.parse(given) as Options, context), ran };
}
