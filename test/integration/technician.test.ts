/** A technician with a laptop's worth of wires: finds instruments, reads them, and tries a map, all without writing. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { systemClock } from '#agent/platform/clock.ts';
import { startBroker } from '#test/demo/broker.ts';
import { createRack } from '#test/simulator/rack.ts';
import { openPty } from '#test/support/pty.ts';
import { ballast } from './support/ballast.ts';
import { openSite } from './support/site.ts';

const patience = { timeout: 120_000 };
const maps = resolve(import.meta.dirname, '../../firmware-adapters/modbus/maps');

/** A meter as unit 1 and a sensor as unit 10 on one line, and a PDU on the network; nothing runs here but them. */
async function wires(t: TestContext) {
  const rack = createRack({
    clock: systemClock,
    miners: [{ id: 'm01' }],
    meter: { line: 'rtu1' },
    sensors: [{ id: 'inlet', line: 'rtu1', unit: 10, riseKPerKw: 0 }],
    pdus: [{ id: 'pdu-a', outlets: { 1: 'm01' } }],
  });
  const addresses = await rack.listen();
  const folder = await mkdtemp(join(tmpdir(), 'ballast-technician-'));
  t.after(async () => {
    await rack.stop();
    await rm(folder, { recursive: true });
  });
  const { path, master, unplug } = openPty();
  t.after(unplug);
  rack.attachSerial('rtu1', master);
  const at = (id: string) => addresses.get(id) ?? assert.fail(id);
  return { rack, folder, port: path, pdu: `127.0.0.1:${at('pdu-a').port}`, server: `127.0.0.1:${at('rtu1').port}` };
}

test('instruments on a serial port and on the network are found, as a config that reads them', patience, async (t) => {
  const { rack, folder, port, pdu } = await wires(t);
  const wire = ['--port', port, '--baud', '9600', '--tcp', pdu, '--units', '1,2,10'];
  const { code, out, err } = await ballast(folder, 'discover', 'modbus', ...wire);
  assert.equal(code, 0, err);
  assert.match(err, /9600 8N1: 3 units/);
  assert.match(err, /unit 1 answers: eastron-sdm630/);
  assert.match(out, /- {id: rtu1-1, bus: rtu1, unit: 1, model: eastron-sdm630, role: feed}/);
  assert.match(out, /- {id: rtu1-10, bus: rtu1, unit: 10, model: xy-md02, role: inlet}/);
  assert.match(out, /- {id: net1-1, bus: net1, unit: 1, model: gude-expert-power-control}/);

  // A pseudo-terminal ends with the first program that leaves it: the line behind the server is the same.
  const adapter = openPty();
  t.after(() => adapter.unplug());
  rack.attachSerial('rtu1', adapter.master);
  const config = out.replaceAll(port, adapter.path);
  await writeFile(join(folder, 'config.yaml'), `site: tx1\nrack: r07\nbroker: {urls: [mqtt://b]}\n${config}`);
  const read = await ballast(folder, 'read', '--once', 'rtu1-1');
  assert.equal(read.code, 0, read.err);
  assert.match(read.out, new RegExp(`power_w +input 52 +[0-9A-F]{4} [0-9A-F]{4} +\\S+ s +${rack.watts()} W`));
});

test('nothing on a wire is said in a sentence, with what to do', patience, async (t) => {
  const { folder, server } = await wires(t);
  const { code, out, err } = await ballast(folder, 'discover', 'modbus', '--rtu-tcp', server, '--units', '3-4');
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /error: nothing answered\n\(check power, A and B/);
});

test(
  'a map is tried on a unit before any config names it, and a wrong one says so by exit code',
  patience,
  async (t) => {
    const { folder, server } = await wires(t);
    const on = (unit: string) => ['--rtu-tcp', server, '--unit', unit];
    const fits = await ballast(folder, 'map', 'test', join(maps, 'xy-md02.json'), ...on('10'));
    assert.equal(fits.code, 0, fits.err);
    assert.match(fits.out, /temperature_c +input 1 +00FA +\S+ s +25 C/);
    const other = await ballast(folder, 'map', 'test', join(maps, 'xy-md02.json'), ...on('11'));
    assert.equal(other.code, 1);
    assert.match(other.err, /2 of 2 points cannot be read/);

    const wrong = join(folder, 'wrong.json');
    await writeFile(wrong, '{"id":"x","vendor":"X","model":"X","source":["x"],"points":[{"key":"temprature_c"}]}');
    const check = await ballast(folder, 'map', 'check', wrong);
    assert.equal(check.code, 1);
    assert.match(check.err, /wrong\.json {2}temprature_c {2}key: .*did you mean temperature_c\?/);
    assert.equal((await ballast(folder, 'map', 'check', join(maps, 'xy-md02.json'))).code, 0);
  },
);

test('while an agent runs its wires are read and searched through it', patience, async (t) => {
  const broker = await startBroker({ mqtt: 0, web: 0 });
  t.after(() => broker.stop());
  const site = await openSite(t, { url: broker.url, protocolVersion: 4, noise: false });
  await site.startReady();
  const { code, out, err } = await ballast(site.files.folder, 'read', '--once', '--json');
  assert.equal(code, 0, err);
  const [feed] = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { lines: { point: string; value: number }[] });
  const power = feed?.lines.find(({ point }) => point === 'power_w')?.value ?? 0;
  assert.ok(Math.abs(power - site.rack.watts()) < 0.1 * site.rack.watts(), `${power} W`);
  const found = await ballast(site.files.folder, 'discover', 'modbus', '--units', '1-2');
  assert.doesNotMatch(found.out, /buses:/, 'the config has that bus already');
  assert.match(found.err, /unit 2|nothing new answered/);
});
