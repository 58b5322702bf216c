/** The simulator's Modbus against masters that we did not write: pymodbus and mbpoll. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '#agent/platform/clock.ts';
import type { Address, SimulatedRack } from '#test/simulator/rack.ts';
import { createRack } from '#test/simulator/rack.ts';
import { openPty } from '#test/support/pty.ts';
import { needs, needsPython } from './support/needs.ts';

const run = promisify(execFile);
const PATIENCE = 30_000;
const pymodbus = { ...needsPython('python3-pymodbus', 'pymodbus'), timeout: PATIENCE };
const pyserial = { ...needsPython('python3-serial', 'serial'), timeout: PATIENCE };
const mbpoll = { ...needs('mbpoll', 'mbpoll'), timeout: PATIENCE };

/** A meter as unit 1 and a sensor as unit 10 on one line, and a PDU that feeds one of two miners. */
async function setUp(t: TestContext) {
  const rack = createRack({
    clock: systemClock,
    miners: [{ id: 'm01' }, { id: 'm02', kind: 'luxos', asleep: true }],
    meter: { line: 'rtu1' },
    sensors: [{ id: 'inlet', line: 'rtu1', unit: 10, riseKPerKw: 0 }],
    pdus: [{ id: 'pdu-a', outlets: { 1: 'm01' } }],
  });
  const addresses = await rack.listen();
  t.after(() => rack.stop());
  const at = (id: string): Address => addresses.get(id) ?? assert.fail(`no address for ${id}`);
  return { rack, at };
}

/** A terminal with the rack's line behind it. It lasts until the first program that opens it leaves. */
function openLine(t: TestContext, rack: SimulatedRack): string {
  const { path, master, unplug } = openPty();
  t.after(unplug);
  rack.attachSerial('rtu1', master);
  return path;
}

const reads = ['1:52:2', '1:70:2', '10:1:2', '10:3:1'];
/** 3300 + 25 + 150 W and 60 Hz as floats, 25.0 C and 45.0 %, and a register that the sensor does not have. */
const answers = [[0x4559, 0x3000], [0x4270, 0], [250, 450], { exception: 2 }];

test('pymodbus reads a meter and a sensor on one serial line', pyserial, async (t) => {
  const { rack } = await setUp(t);
  assert.deepEqual(JSON.parse(await python('read-rtu.py', openLine(t, rack), ...reads)), answers);
});

test('pymodbus reads the same through a serial device server', pymodbus, async (t) => {
  const { at } = await setUp(t);
  const { host, port } = at('rtu1');
  assert.deepEqual(JSON.parse(await python('read-rtu.py', `${host}:${port}`, ...reads)), answers);
});

test('mbpoll reads them on the serial line too', mbpoll, async (t) => {
  const { rack } = await setUp(t);
  const poll = async (...what: string[]) => {
    const line = ['-m', 'rtu', '-b', '9600', '-P', 'none', '-0', ...what, '-1', '-q', openLine(t, rack)];
    return (await run('mbpoll', line)).stdout;
  };
  const power = await poll('-a', '1', '-r', '52', '-t', '3:float', '-B');
  assert.match(power, new RegExp(`^\\[52\\]:\\s+${rack.watts()}$`, 'm'));
  const air = await poll('-a', '10', '-r', '1', '-t', '3', '-c', '2');
  assert.match(air, /^\[1\]:\s+250\n\[2\]:\s+450$/m);
});

test('mbpoll reads the outlets of the PDU', mbpoll, async (t) => {
  const { at } = await setUp(t);
  const line = ['-m', 'tcp', '-p', `${at('pdu-a').port}`, '-0', '-t', '3:int', '-B', '-1', '-q'];
  // Watts of the inlet and of outlet 1.
  for (const register of [0x0402, 0x3a02]) {
    const { stdout } = await run('mbpoll', [...line, '-r', `${register}`, '127.0.0.1']);
    assert.match(stdout, new RegExp(`^\\[${register}\\]:\\s+3300$`, 'm'));
  }
});

test('pymodbus switches an outlet, and the miner on it goes dark', pymodbus, async (t) => {
  const { rack, at } = await setUp(t);
  const { port } = at('pdu-a');
  const closed = [true, true, true, true, true, true, true, true];
  assert.deepEqual(JSON.parse(await python('switch-outlet.py', `${port}`, '0', '0')), closed.with(0, false));
  assert.equal(rack.miner('m01').watts(), 0);
  assert.deepEqual(JSON.parse(await python('switch-outlet.py', `${port}`, '0', '1')), closed);
  assert.equal(rack.miner('m01').rebooting, true);
});

async function python(script: string, ...words: string[]): Promise<string> {
  const path = fileURLToPath(new URL(`./support/${script}`, import.meta.url));
  return (await run('/usr/bin/python3', [path, ...words])).stdout;
}
