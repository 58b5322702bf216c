/** What the agent starts on its own machine, with real programs and real files. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '#adapters/transport/command.ts';
import { hwmonOf, numberAt, openSysfs, textAt } from '#adapters/transport/sysfs.ts';
import { systemClock } from '#agent/platform/clock.ts';

const sh = (script: string) => ['/bin/sh', '-c', script];

test('a command hands back what it said, and its arguments are no shell’s', async () => {
  const { signal } = new AbortController();
  assert.equal(await runCommand(['/bin/echo', '$HOME; ls'], signal), '$HOME; ls\n');
});

test('a command that ends badly, or is not there, says why', async () => {
  const { signal } = new AbortController();
  await assert.rejects(runCommand(sh('echo no card >&2; exit 3'), signal), {
    kind: 'refused',
    code: 3,
    message: /ended with 3: no card/,
  });
  await assert.rejects(runCommand(['/no/such/tool'], signal), { kind: 'unreachable' });
  await assert.rejects(runCommand(sh('kill -9 $$'), signal), { kind: 'refused', message: /was ended by SIGKILL/ });
});

test('a command that is given up ends with all that it has started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-command-'));
  const abort = new AbortController();
  const running = runCommand(sh(`sleep 600 & echo $! > ${folder}/pid; wait`), abort.signal);
  await until(() => read(join(folder, 'pid')).endsWith('\n'));
  abort.abort(new Error('enough'));
  await assert.rejects(running, { message: 'enough' });
  const pid = read(join(folder, 'pid')).trim();
  await until(() => ['', 'Z'].includes(/^State:\s+(\w)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? ''));
  rmSync(folder, { recursive: true });
});

test('a command that never stops talking is killed', async () => {
  const { signal } = new AbortController();
  await assert.rejects(runCommand(['/usr/bin/yes'], signal), { kind: 'malformed', message: /more than 65536 bytes/ });
});

test('a command sees none of the agent’s own environment', async () => {
  process.env['BALLAST_SECRET'] = 'key';
  const said = await runCommand(['/usr/bin/env'], new AbortController().signal);
  assert.equal(said.includes('BALLAST_SECRET'), false);
  assert.match(said, /^PATH=/m);
});

test('a file of the kernel is a value, absent where there is none, and never created', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ballast-sysfs-'));
  mkdirSync(join(root, 'card/hwmon/hwmon3'), { recursive: true });
  writeFileSync(join(root, 'card/hwmon/hwmon3/power1_cap'), '300000000\n');
  const sysfs = openSysfs(root);
  assert.equal(await hwmonOf(sysfs, 'card'), 'card/hwmon/hwmon3');
  assert.equal(await numberAt(sysfs, 'card/hwmon/hwmon3/power1_cap'), 300_000_000);
  assert.equal(await textAt(sysfs, 'card/none'), undefined);
  await sysfs.write('card/hwmon/hwmon3/power1_cap', '200000000');
  assert.equal(await numberAt(sysfs, 'card/hwmon/hwmon3/power1_cap'), 200_000_000);
  await assert.rejects(sysfs.write('card/power9_cap', '1'), { kind: 'unsupported' });
  await assert.rejects(hwmonOf(sysfs, 'none'), { kind: 'unreachable' });
  rmSync(root, { recursive: true });
});

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function until(is: () => boolean): Promise<void> {
  while (!is()) await systemClock.sleep(5);
}
