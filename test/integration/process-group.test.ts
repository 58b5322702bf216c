/** Freezing real processes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNvml } from '#adapters/gpu/nvml.ts';
import { runCommand } from '#adapters/transport/command.ts';
import { openSysfs } from '#adapters/transport/sysfs.ts';
import { processGroup } from '#adapters/workload/process-group.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';

const never = new AbortController().signal;

test('a group is frozen whole, and goes on where it was', async (t) => {
  const { workload, members } = await open(t);
  assert.equal((await workload.read(never)).state, 'running');
  assert.match(await freeze(workload), /is frozen/);
  assert.equal((await workload.read(never)).state, 'paused');
  // A signal that was sent is not yet taken by a process that runs on another core.
  for (let look = 0; look < 500 && members().some((pid) => stateOf(pid) !== 'T'); look++) await sleep(10);
  assert.deepEqual(members().map(stateOf), ['T', 'T']);
  await workload.resume(never);
  assert.equal((await workload.read(never)).state, 'running');
  assert.equal(members().map(stateOf).includes('T'), false);
});

test('frozen twice, it is frozen; let go on twice, it runs', async (t) => {
  const { workload } = await open(t);
  await freeze(workload);
  await freeze(workload);
  assert.equal((await workload.read(never)).state, 'paused');
  await workload.resume(never);
  await workload.resume(never);
  assert.equal((await workload.read(never)).state, 'running');
});

test('a process that has ended, and one that has got its number since, are not touched', async (t) => {
  const { workload, pidfile, end } = await open(t);
  utimesSync(pidfile, 0, 0);
  assert.equal((await workload.read(never)).state, 'stopped');
  utimesSync(pidfile, Date.now() / 1000, Date.now() / 1000);
  assert.equal((await workload.read(never)).state, 'running');
  await end();
  assert.equal((await workload.read(never)).state, 'stopped');
  assert.equal(await freeze(workload), 'it has ended');
});

test('a file with anything else in it, or a process of another’s group, is refused', async (t) => {
  const { workload, pidfile, members } = await open(t);
  writeFileSync(pidfile, `${members()[1]}\n`);
  await assert.rejects(workload.read(never), { kind: 'refused', message: /leads no group/ });
  for (const text of ['', '1\n', '-1\n', 'all\n']) {
    writeFileSync(pidfile, text);
    await assert.rejects(workload.read(never), { kind: 'malformed' });
  }
});

test('where cuda-checkpoint is installed its GPU memory can be taken too, also by the agent after this one', async (t) => {
  const { reopened, said } = await open(t);
  const workload = reopened();
  const [, take] = workload.steps;
  assert.equal(await take?.run({ deadline: 0, targetW: 60 }, never), 'its GPU memory is in the host');
  const next = reopened();
  assert.equal((await next.read(never)).state, 'paused');
  await next.resume(never);
  assert.equal((await next.read(never)).state, 'running');
  assert.deepEqual(said(), ['lock', 'checkpoint', 'restore', 'unlock']);
});

function freeze({ steps }: ReturnType<typeof processGroup.open>): Promise<string> {
  return steps[0]?.run({ deadline: 0, targetW: 60 }, never) ?? Promise.reject(new Error('it cannot be frozen'));
}

/** A shell and what it started. */
async function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-group-'));
  const child = spawn('/bin/sh', ['-c', 'sleep 600 & echo $!; wait'], { detached: true });
  const exit = once(child, 'exit');
  const [said] = await once(child.stdout, 'data');
  const pidfile = join(folder, 'pid');
  writeFileSync(pidfile, `${child.pid}\n`);
  const end = async () => {
    try {
      process.kill(-Number(child.pid), 'SIGKILL');
    } catch {
      // It has ended already.
    }
    await exit;
  };
  t.after(async () => {
    await end();
    rmSync(folder, { recursive: true });
  });
  const unused = async () => assert.fail('of no use to it');
  const context = { id: 'batch', clock: systemClock, log: openLog('silent'), connect: unused, secret: unused };
  // In the place of NVIDIA's: what it was told last is its state.
  const [program, log] = [join(folder, 'cuda-checkpoint'), join(folder, 'log')];
  const states = 'lock) echo locked;; checkpoint) echo checkpointed;; restore) echo locked;; *) echo running;;';
  const told = `case $(tail -n 1 ${log} 2>/dev/null) in ${states} esac`;
  writeFileSync(program, `#!/bin/sh\nif [ $1 = --get-state ]; then ${told}; else echo $2 >> ${log}; fi\n`, {
    mode: 0o755,
  });
  const host = { nvml: createNvml(), sysfs: openSysfs(), run: runCommand };
  return {
    workload: processGroup.open({ pidfile }, context),
    /** As by another agent, with the tool. */
    reopened: () =>
      processGroup.open({ pidfile, cuda_checkpoint: { program, memory_gib: 0.001, takes_s: 1 } }, { ...context, host }),
    said: () => readFileSync(log, 'utf8').trim().split('\n'),
    pidfile,
    end,
    members: () => [child.pid ?? 0, Number(said)],
  };
}

function stateOf(pid: number): string | undefined {
  return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
}
