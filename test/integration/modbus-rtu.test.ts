/** Our Modbus client on serial ports, against units that others wrote and against adapters that are pulled out. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ModbusBus } from '#adapters/modbus/bus.ts';
import { rtuFraming, rtuOverTcpFraming } from '#adapters/modbus/rtu.ts';
import { openSerial } from '#adapters/transport/serial.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { damagingRelay, seededRandom } from '#test/support/damaging-relay.ts';
import type { Pty } from '#test/support/pty.ts';
import { openPty } from '#test/support/pty.ts';
import { ownAddresses, rtuRequestsIn } from '#test/support/rtu-peer.ts';
import { needsPython } from './support/needs.ts';

const BAUD = 19_200;
const log = { debug: () => {}, info: () => {}, warn: () => {} };
const pymodbus = { ...needsPython('python3-pymodbus', 'pymodbus'), timeout: 60_000 };

function busOn(path: string, timeoutMs = 5000): ModbusBus {
  const settings = { path, baud: BAUD, parity: 'none', stopBits: 1 } as const;
  const connect = (signal: AbortSignal) => openSerial(settings, signal);
  return new ModbusBus({ id: 'rtu1', connect, framing: rtuFraming(BAUD), clock: systemClock, log, timeoutMs });
}

function pty(t: TestContext): Pty {
  const opened = openPty();
  t.after(() => opened.unplug());
  return opened;
}

/** Units 7 and 8 of pymodbus on a serial port; each register holds 1000 times its unit plus its address. */
async function pymodbusOn(t: TestContext, path: string): Promise<void> {
  const script = fileURLToPath(new URL('./support/modbus-rtu-server.py', import.meta.url));
  const child = spawn('/usr/bin/python3', [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  const ended = exit.then(() => assert.fail('the server ended'));
  await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
}

/** Units of our own on the far end of a serial port: they read as the addresses asked for, and echo what is written. */
function honestUnits({ master }: Pty): void {
  master.on('data', (bytes: Buffer) => {
    for (const asked of rtuRequestsIn(bytes)) master.write(asked.functionCode > 4 ? bytes : ownAddresses(asked));
  });
}

test(
  'units of pymodbus read right over a line of 19200 baud, words and bits, one after the other',
  pymodbus,
  async (t) => {
    const [ours, theirs] = [pty(t), pty(t)];
    await pymodbusOn(t, theirs.path);
    damagingRelay(ours.master, theirs.master, { clock: systemClock, baud: BAUD });
    const bus = busOn(ours.path);
    t.after(() => bus.stop());
    const all = Array.from({ length: 125 }, (_, address) => address);
    for (const unit of [7, 8]) {
      const { values } = await bus.read(unit, 'input', 0, 125);
      assert.deepEqual(
        values,
        all.map((address) => unit * 1000 + address),
      );
    }
    const reads = Array.from({ length: 20 }, (_, address) => bus.read(7 + (address % 2), 'holding', address, 1));
    assert.deepEqual(
      (await Promise.all(reads)).map(({ values }) => values[0]),
      reads.map((_, address) => (7 + (address % 2)) * 1000 + address),
    );
    await bus.writeCoil(8, 3, true, 'raise');
    await bus.writeRegisters(7, 10, [1, 65_535], 'lower');
    assert.deepEqual((await bus.read(8, 'coil', 0, 5)).values, [0, 0, 0, 1, 0]);
    assert.deepEqual((await bus.read(7, 'holding', 10, 2)).values, [1, 65_535]);
    await assert.rejects(bus.read(7, 'input', 200, 1), { kind: 'unsupported', code: 2 });
    const { timeouts, lateReplies, foreignReplies, crcErrors } = bus.counters;
    assert.deepEqual([timeouts, lateReplies, foreignReplies, crcErrors], [0, 0, 0, 0]);
  },
);

test('noise and doubled replies on a line of pymodbus cost no value', pymodbus, async (t) => {
  const [ours, theirs] = [pty(t), pty(t)];
  await pymodbusOn(t, theirs.path);
  const damage = { shares: { noise: 0.4, duplicate: 0.4 }, delayMs: [0, 0], random: seededRandom(7) } as const;
  damagingRelay(ours.master, theirs.master, { clock: systemClock, baud: BAUD, damage });
  const bus = busOn(ours.path);
  t.after(() => bus.stop());
  for (let address = 0; address < 30; address++) {
    assert.deepEqual((await bus.read(8, 'input', address, 1)).values, [8000 + address]);
  }
  assert.ok(bus.counters.crcErrors > 0 && bus.counters.lateReplies > 0, JSON.stringify(bus.counters));
});

test('an adapter that is pulled out fails its read at once, and is used again when it is back', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-serial-'));
  t.after(() => rm(folder, { recursive: true }));
  const byId = join(folder, 'usb-adapter');
  const plugIn = async () => {
    const adapter = pty(t);
    await symlink(adapter.path, `${byId}.new`);
    await rename(`${byId}.new`, byId);
    return adapter;
  };
  const first = await plugIn();
  honestUnits(first);
  const bus = busOn(byId, 60_000);
  t.after(() => bus.stop());
  assert.deepEqual((await bus.read(1, 'input', 4, 1)).values, [4]);
  first.master.removeAllListeners('data');
  const asked = once(first.master, 'data');
  const read = bus.read(1, 'input', 5, 1);
  await asked;
  await first.unplug();
  // Long before its time-out of a minute, which would fail this test.
  await assert.rejects(read, { kind: 'unreachable', message: `bus rtu1: ${byId} was unplugged` });
  honestUnits(await plugIn());
  // By another function: the reply to the lost read could still come, and for that long it is not asked for again.
  assert.deepEqual((await bus.read(1, 'holding', 6, 1)).values, [6]);
  assert.equal(bus.counters.reconnects, 1);
});

test('a port without an adapter fails its reads until one is there', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-serial-'));
  t.after(() => rm(folder, { recursive: true }));
  const byId = join(folder, 'usb-adapter');
  const bus = busOn(byId);
  t.after(() => bus.stop());
  await assert.rejects(bus.read(1, 'input', 5, 1), { kind: 'unreachable', message: /is the adapter plugged in/ });
  const adapter = pty(t);
  honestUnits(adapter);
  await symlink(adapter.path, byId);
  // A cut does not wait for the pause between two attempts.
  await bus.writeCoil(1, 0, false, 'lower');
  assert.deepEqual((await bus.read(1, 'input', 7, 1)).values, [7]);
});

test('the same units read right behind a serial server', async (t) => {
  const served: Socket[] = [];
  const server = createServer((socket) => {
    served.push(socket);
    socket.on('data', (bytes) => {
      for (const asked of rtuRequestsIn(bytes)) {
        // As a server forwards them: in lumps that know nothing of frames.
        const reply = ownAddresses(asked);
        socket.write(reply.subarray(0, 2), () => socket.write(reply.subarray(2)));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  const bus = new ModbusBus({
    id: 'server',
    connect: (signal) => connectTcp('127.0.0.1', address.port, signal),
    framing: rtuOverTcpFraming(BAUD),
    clock: systemClock,
    log,
    timeoutMs: 5000,
  });
  t.after(async () => {
    await bus.stop();
    for (const socket of served) socket.destroy();
    server.close();
  });
  for (let address = 0; address < 20; address++) {
    assert.deepEqual((await bus.read(1 + (address % 3), 'holding', address, 2)).values, [address, address + 1]);
  }
});
