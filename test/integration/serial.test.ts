/** Serial ports through the real library, on pseudo-terminals. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { AdapterError } from '#adapters/errors.ts';
import { openSerial } from '#adapters/transport/serial.ts';
import { openPty } from '#test/support/pty.ts';

const never = new AbortController().signal;
const settings = { baud: 19_200, parity: 'none', stopBits: 1 } as const;

test('bytes go both ways', async (t) => {
  const { path, master, unplug } = openPty();
  t.after(unplug);
  const port = await openSerial({ ...settings, path }, never);
  t.after(() => port.destroy());
  port.write(Buffer.of(0, 3, 17, 255));
  assert.deepEqual((await once(master, 'data'))[0], Buffer.of(0, 3, 17, 255));
  master.write(Buffer.of(255, 19, 4, 0));
  assert.deepEqual((await once(port, 'data'))[0], Buffer.of(255, 19, 4, 0));
});

test('a port that is in use is refused, and its holder named', async (t) => {
  const { path, unplug } = openPty();
  t.after(unplug);
  const port = await openSerial({ ...settings, path }, never);
  t.after(() => port.destroy());
  await assert.rejects(openSerial({ ...settings, path }, never), (error) => {
    assert.ok(error instanceof AdapterError);
    assert.equal(error.kind, 'unreachable');
    assert.ok(error.message.startsWith(`${path} is held by process ${process.pid} (`), error.message);
    return true;
  });
});

test('a port that was closed is free again, and what hangs on it still answers', async (t) => {
  const { path, master, unplug } = openPty();
  t.after(unplug);
  const port = await openSerial({ ...settings, path }, never);
  port.destroy();
  await once(port, 'close');
  const again = await openSerial({ ...settings, path }, never);
  again.write(Buffer.of(1, 3));
  assert.deepEqual((await once(master, 'data'))[0], Buffer.of(1, 3));
  again.destroy();
  await once(again, 'close');
});

test('a port that is not there is one sentence', async () => {
  await assert.rejects(openSerial({ ...settings, path: '/dev/no-such-port' }, never), {
    name: 'AdapterError',
    kind: 'unreachable',
    message: 'there is no /dev/no-such-port: is the adapter plugged in?',
  });
});

test('what is no serial port is refused', async () => {
  await assert.rejects(openSerial({ ...settings, path: '/dev/null' }, never), {
    kind: 'unreachable',
    message: /^\/dev\/null: /,
  });
});

test('an adapter that is pulled out ends the stream, with nothing written', async (t) => {
  const { path, master, unplug } = openPty();
  t.after(unplug);
  const port = await openSerial({ ...settings, path }, never);
  const failed = once(port, 'error');
  master.write(Buffer.of(1));
  await once(port, 'data');
  await setImmediate();
  await unplug();
  const [error] = await failed;
  assert.equal(error.message, `${path} was unplugged`);
});

test('an adapter that is pulled out in the middle of a read ends the stream as well', async (t) => {
  const { path, unplug } = openPty();
  t.after(unplug);
  const port = await openSerial({ ...settings, path }, never);
  const failed = once(port, 'error');
  await unplug();
  const [error] = await failed;
  assert.equal(error.message, `${path} was unplugged`);
});
