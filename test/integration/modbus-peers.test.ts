/** Our Modbus client against servers that others wrote, over TCP and on a serial line. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { AdapterErrorKind } from '#adapters/errors.ts';
import { ModbusBus } from '#adapters/modbus/bus.ts';
import type { Encoding } from '#adapters/modbus/decode.ts';
import { decode, widthOf } from '#adapters/modbus/decode.ts';
import type { Framing } from '#adapters/modbus/framing.ts';
import { rtuFraming } from '#adapters/modbus/rtu.ts';
import { tcpFraming } from '#adapters/modbus/tcp.ts';
import { openSerial } from '#adapters/transport/serial.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { damagingRelay } from '#test/support/damaging-relay.ts';
import { openPty } from '#test/support/pty.ts';
import { needsFiles, needsPython } from './support/needs.ts';

const order = z.enum(['big', 'little']);
const served = z.object({
  port: z.int(),
  unit: z.int(),
  registers: z.int(),
  coils: z.array(z.int()),
  points: z.array(
    z.object({
      address: z.int(),
      type: z.enum(['u16', 's16', 'u32', 's32', 'u64', 's64', 'f32', 'f64']),
      word_order: order,
      byte_order: order,
      value: z.number(),
    }),
  ),
});
type Served = z.infer<typeof served>;

const plain: Omit<Encoding, 'type' | 'word_order' | 'byte_order'> = {
  key: 'power_w',
  unit: 'W',
  scale: 1,
  offset: 0,
  sentinels: [],
  safe_range: [-Number.MAX_VALUE, Number.MAX_VALUE],
};

type Peer = { name: string; need: { skip: string | false }; start(...how: string[]): Promise<Server> };
type Server = { held: Served; stop(): Promise<void> };

const BAUD = 115_200;
const peers: readonly Peer[] = [
  { name: 'pymodbus', need: needsPython('python3-pymodbus', 'pymodbus'), start: startPymodbus },
  {
    name: 'libmodbus',
    need: needsFiles('gcc libc6-dev libmodbus-dev', '/usr/bin/gcc', '/usr/include/modbus/modbus.h'),
    start: startLibmodbus,
  },
];

for (const peer of peers) {
  describe(`against ${peer.name} over TCP`, { ...peer.need, timeout: 60_000 }, () => {
    speaks(async () => {
      const server = await peer.start('tcp');
      const connect = (signal: AbortSignal) => connectTcp('127.0.0.1', server.held.port, signal);
      return { server, bus: busOver(connect, tcpFraming), unplug: async () => {} };
    });
  });

  describe(`against ${peer.name} on a serial line`, { ...peer.need, timeout: 60_000 }, () => {
    speaks(async () => {
      const [ours, theirs] = [openPty(), openPty()];
      const server = await peer.start('rtu', theirs.path);
      damagingRelay(ours.master, theirs.master, { clock: systemClock });
      const settings = { path: ours.path, baud: BAUD, parity: 'none', stopBits: 1 } as const;
      const bus = busOver((signal) => openSerial(settings, signal), rtuFraming(BAUD));
      const unplug = async () => {
        await Promise.all([ours.unplug(), theirs.unplug()]);
      };
      return { server, bus, unplug };
    });
  });
}

function busOver(connect: (signal: AbortSignal) => Promise<Duplex>, framing: Framing): ModbusBus {
  const log = { debug: () => {}, info: () => {}, warn: () => {} };
  return new ModbusBus({ id: 'peer', connect, framing, clock: systemClock, log, timeoutMs: 10_000 });
}

/** The tests of one server on one kind of wire. */
function speaks(open: () => Promise<{ server: Server; bus: ModbusBus; unplug(): Promise<void> }>): void {
  let held: Served;
  let bus: ModbusBus;
  let close = async () => {};

  before(async () => {
    const { server, unplug, ...opened } = await open();
    bus = opened.bus;
    held = server.held;
    bus.start();
    close = async () => {
      await bus.stop();
      await server.stop();
      await unplug();
    };
  });

  after(() => close());

  test('every type reads as the number that was stored, in every word and byte order, from both tables', async () => {
    assert.equal(held.points.length, 32);
    for (const table of ['holding', 'input'] as const) {
      for (const point of held.points) {
        const { values } = await bus.read(held.unit, table, point.address, widthOf(point.type));
        assert.deepEqual(
          decode({ ...plain, ...point }, values),
          { kind: 'value', value: point.value },
          JSON.stringify(point),
        );
      }
    }
  });

  test('400 reads at once each get their own registers', async () => {
    const all = await bus.read(held.unit, 'input', 0, 125);
    const addresses = Array.from({ length: 400 }, (_, index) => index % 125);
    const reads = await Promise.all(addresses.map((address) => bus.read(held.unit, 'input', address, 1)));
    assert.deepEqual(
      reads.map(({ values }) => values[0]),
      addresses.map((address) => all.values[address]),
    );
  });

  test('coils and discrete inputs read as they were stored', async () => {
    const count = held.coils.length;
    assert.deepEqual((await bus.read(held.unit, 'coil', 0, count)).values, held.coils);
    const opposite = held.coils.map((bit) => 1 - bit);
    assert.deepEqual((await bus.read(held.unit, 'discrete', 0, count)).values, opposite);
    assert.deepEqual((await bus.read(held.unit, 'coil', 3, 2)).values, held.coils.slice(3, 5));
  });

  test('every write is read back', async () => {
    const last = held.registers - 3;
    await bus.writeRegister(held.unit, last, 0xbeef, 'lower');
    await bus.writeRegisters(held.unit, last + 1, [1, 65535], 'raise');
    assert.deepEqual((await bus.read(held.unit, 'holding', last, 3)).values, [0xbeef, 1, 65535]);
    const before = held.coils.slice(0, 1);
    await bus.writeCoil(held.unit, 1, true, 'raise');
    await bus.writeCoils(held.unit, 2, [false, false, true, true, false, false, false, false, true], 'lower');
    assert.deepEqual((await bus.read(held.unit, 'coil', 0, 11)).values, [...before, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1]);
  });

  test('what is written in any type and order reads as the same number', async () => {
    const address = held.registers - 8;
    for (const point of held.points) {
      const { values } = await bus.read(held.unit, 'holding', point.address, widthOf(point.type));
      await bus.writeRegisters(held.unit, address, values, 'raise');
      const back = await bus.read(held.unit, 'holding', address, widthOf(point.type));
      assert.deepEqual(decode({ ...plain, ...point }, back.values), { kind: 'value', value: point.value });
    }
  });

  test('registers and coils that are not there are unsupported', async () => {
    const { exceptions } = bus.counters;
    await assert.rejects(bus.read(held.unit, 'input', held.registers, 1), { kind: 'unsupported', code: 2 });
    await assert.rejects(bus.writeRegister(held.unit, held.registers, 1, 'lower'), { kind: 'unsupported', code: 2 });
    await assert.rejects(bus.writeCoil(held.unit, 5000, true, 'raise'), { kind: 'unsupported', code: 2 });
    assert.equal(bus.counters.exceptions, exceptions + 3);
  });

  test('every exception code says what it is', async () => {
    const kinds: [number, AdapterErrorKind][] = [
      [1, 'unsupported'],
      [2, 'unsupported'],
      [3, 'refused'],
      [4, 'refused'],
      [5, 'refused'],
      [6, 'refused'],
      [8, 'refused'],
      [10, 'unreachable'],
      [11, 'timedOut'],
    ];
    for (const [code, kind] of kinds) {
      await assert.rejects(bus.read(held.unit, 'holding', 40_000 + code, 1), { name: 'AdapterError', kind, code });
    }
  });

  test('nothing of all this was lost, foreign or malformed', () => {
    const { timeouts, foreignReplies, crcErrors, malformed, reconnects } = bus.counters;
    assert.deepEqual([timeouts, foreignReplies, crcErrors, malformed, reconnects], [0, 0, 0, 0, 0]);
  });
}

async function startPymodbus(...how: string[]): Promise<Server> {
  const script = fileURLToPath(new URL('./support/modbus-server.py', import.meta.url));
  return await startServer('/usr/bin/python3', [script, ...how]);
}

async function startLibmodbus(...how: string[]): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-libmodbus-'));
  const source = fileURLToPath(new URL('./support/modbus-server.c', import.meta.url));
  const program = join(folder, 'modbus-server');
  await promisify(execFile)('/usr/bin/gcc', ['-Wall', '-Wextra', '-Werror', '-o', program, source, '-lmodbus']);
  const server = await startServer(program, how);
  // A program that runs needs its file no longer.
  await rm(folder, { recursive: true });
  return server;
}

async function startServer(program: string, how: string[]): Promise<Server> {
  const child = spawn(program, how, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), exit.then(() => assert.fail('the server ended'))]);
  return {
    held: served.parse(JSON.parse(String(line))),
    stop: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
