import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { supervisor } from '#agent/platform/supervisor.ts';
import type { Datagrams } from '#test/support/datagrams.ts';
import { listenForDatagrams } from '#test/support/datagrams.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';

async function listen(t: TestContext): Promise<{ path: string; heard: Datagrams }> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-notify-'));
  const path = join(folder, 'notify.sock');
  const heard = listenForDatagrams(path);
  t.after(async () => {
    heard.close();
    await rm(folder, { recursive: true });
  });
  return { path, heard };
}

test('a supervisor hears that the agent runs, that it is alive a few times a watchdog period, and that it stops', async (t) => {
  const { path, heard } = await listen(t);
  const clock = new VirtualClock();
  const told = supervisor({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '20000000', WATCHDOG_PID: '7' }, 7, clock);
  told.ready('rack r07');
  assert.deepEqual(heard.take(), ['READY=1\nSTATUS=rack r07']);
  for (let s = 0; s < 20; s++) {
    told.alive();
    await clock.advance(1000);
  }
  assert.deepEqual(
    heard.take(),
    Array.from({ length: 4 }, () => 'WATCHDOG=1'),
  );
  told.stopping();
  assert.deepEqual(heard.take(), ['STOPPING=1\nSTATUS=outputs stay as they are']);
});

test('a watchdog that watches another process, or none, is not fed', async (t) => {
  const { path, heard } = await listen(t);
  const clock = new VirtualClock();
  supervisor({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '20000000', WATCHDOG_PID: '8' }, 7, clock).alive();
  supervisor({ NOTIFY_SOCKET: path }, 7, clock).alive();
  assert.deepEqual(heard.take(), []);
});

test('a supervisor that has left, or was never there, holds nothing up', () => {
  const clock = new VirtualClock();
  supervisor({ NOTIFY_SOCKET: '/nonexistent/notify.sock' }, 7, clock).ready('');
  supervisor({}, 7, clock).ready('');
});
