/** Our Modbus client against a server that others wrote. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { ModbusBus } from '#adapters/modbus/bus.ts';
import type { Encoding } from '#adapters/modbus/decode.ts';
import { decode, widthOf } from '#adapters/modbus/decode.ts';
import { tcpFraming } from '#adapters/modbus/tcp.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { needsPython } from './support/needs.ts';

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

describe('against pymodbus', { ...needsPython('python3-pymodbus', 'pymodbus'), timeout: 60_000 }, () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  let bus: ModbusBus;
  let held: Served;

  before(async () => {
    server = await startServer();
    held = server.held;
    bus = new ModbusBus({
      id: 'pymodbus',
      connect: (signal) => connectTcp('127.0.0.1', held.port, signal),
      framing: tcpFraming,
      clock: systemClock,
      log: { debug: () => {}, info: () => {}, warn: () => {} },
      timeoutMs: 10_000,
    });
    bus.start();
  });

  after(async () => {
    await bus.stop();
    await server.stop();
  });

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

  test('registers and coils that are not there are unsupported', async () => {
    const { exceptions } = bus.counters;
    await assert.rejects(bus.read(held.unit, 'input', held.registers, 1), { kind: 'unsupported', code: 2 });
    await assert.rejects(bus.writeRegister(held.unit, held.registers, 1, 'lower'), { kind: 'unsupported', code: 2 });
    await assert.rejects(bus.writeCoil(held.unit, 5000, true, 'raise'), { kind: 'unsupported', code: 2 });
    assert.equal(bus.counters.exceptions, exceptions + 3);
  });

  test('nothing of all this was late, foreign or malformed', () => {
    const { requests, replies, timeouts, lateReplies, foreignReplies, malformed, reconnects } = bus.counters;
    assert.equal(replies, requests);
    assert.deepEqual([timeouts, lateReplies, foreignReplies, malformed, reconnects], [0, 0, 0, 0, 0]);
  });
});

async function startServer() {
  const script = fileURLToPath(new URL('./support/modbus-server.py', import.meta.url));
  const child = spawn('/usr/bin/python3', [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), exit.then(() => assert.fail('the server ended'))]);
  return {
    held: served.parse(JSON.parse(String(line))),
    stop: async () => {
      child.kill();
      await exit;
    },
  };
}
