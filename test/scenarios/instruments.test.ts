/** Meters, sensors and PDUs of a simulated rack, from their wires into the picture. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AdapterError } from '#adapters/errors.ts';
import { parseRegisterMap } from '#adapters/modbus/register-map.ts';
import { configSchema } from '#agent/config/config.ts';
import { now } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';
import { buildRack } from '#agent/rack/rack.ts';
import { alarmsOf } from '#agent/report/alarms.ts';
import { RunningRack } from '#agent/running-rack.ts';
import { fold } from '#agent/state/fold.ts';
import type { Picture } from '#agent/state/picture.ts';
import { emptyPicture } from '#agent/state/picture.ts';
import { createRack } from '#test/simulator/rack.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';

const models = ['eastron-sdm630', 'xy-md02', 'gude-expert-power-control'];
const maps = new Map(models.map((id) => [id, readMap(id)]));
const log = openLog('silent');

/** A meter and a sensor on one serial line, and a PDU that two of three miners hang on. */
class Rig {
  readonly clock = new VirtualClock();
  readonly simulated = createRack({
    clock: this.clock,
    miners: ['m01', 'm02', 'm03'].map((id) => ({ id, ratedW: 3000 })),
    meter: { line: 'rtu1' },
    sensors: [{ id: 'inlet', line: 'rtu1', unit: 10, riseKPerKw: 0 }],
    pdus: [{ id: 'pdu-a', outlets: { 1: 'm01', 2: 'm02' } }],
  });
  readonly rack = buildRack(this.#config(), {
    clock: this.clock,
    log,
    maps,
    connect: (host, port, signal) => this.simulated.connect(host, port, signal),
    serial: async () => {
      if (this.unplugged) throw new AdapterError('unreachable', 'there is no adapter');
      return this.simulated.serial('rtu1');
    },
    secret: async () => '',
  });
  picture: Picture = emptyPicture;
  unplugged = false;
  readonly #running = new RunningRack(this.rack, {
    clock: this.clock,
    log,
    observe: (observation) => {
      this.picture = fold(this.picture, observation, now(this.clock));
    },
  });

  async run(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  async start(): Promise<this> {
    this.picture = fold(this.picture, this.#running.inventory, now(this.clock));
    this.#running.start();
    await this.run(5000);
    return this;
  }

  async stop(): Promise<void> {
    await this.#running.stop();
  }

  alarms(): string[] {
    return [...alarmsOf(this.picture, now(this.clock), 0).keys()];
  }

  outletW(outlet: number): number | undefined {
    return this.picture.pdus['pdu-a']?.reading?.outlets[outlet - 1]?.powerW;
  }

  #config() {
    const { meter, pdus } = this.simulated;
    const [pdu] = pdus;
    return configSchema.parse({
      site: 'tx1',
      rack: 'r07',
      broker: { urls: ['mqtt://memory'] },
      buses: [
        { id: 'rtu1', kind: 'rtu', port: '/dev/serial/by-id/rtu1', baud: 9600 },
        { id: 'pdu-net', kind: 'tcp', host: pdu?.spec.host, port: pdu?.spec.port },
      ],
      meters: [{ id: 'feed', bus: 'rtu1', unit: meter.spec.unit, model: 'eastron-sdm630', role: 'feed' }],
      sensors: [{ id: 'inlet', bus: 'rtu1', unit: 10, model: 'xy-md02', role: 'inlet' }],
      pdus: [{ id: 'pdu-a', bus: 'pdu-net', unit: 1, model: 'gude-expert-power-control' }],
    });
  }
}

test('a meter and a sensor on one serial line, and every outlet of a PDU, are in the picture', async () => {
  const rig = await new Rig().start();
  const { meters, sensors, pdus } = rig.picture;
  assert.equal(meters['feed']?.reading?.powerW, rig.simulated.watts());
  assert.partialDeepStrictEqual(sensors['inlet']?.reading, { temperatureC: 25, humidityPct: 45 });
  assert.equal(pdus['pdu-a']?.reading?.powerW, rig.simulated.pdu('pdu-a').watts());
  assert.deepEqual(pdus['pdu-a']?.reading?.outlets.slice(0, 3), [
    { outlet: 1, on: true, powerW: 3000 },
    { outlet: 2, on: true, powerW: 3000 },
    { outlet: 3, on: true, powerW: 0 },
  ]);
  assert.deepEqual(rig.alarms(), []);
  const { timeouts, crcErrors, foreignReplies } = rig.rack.buses()['rtu1'] ?? {};
  assert.deepEqual([timeouts, crcErrors, foreignReplies], [0, 0, 0]);
  await rig.stop();
});

test('an outlet that is opened takes its miner off the meter, and one that is closed brings it back', async () => {
  const rig = await new Rig().start();
  const [pdu] = rig.rack.pdus;
  await Promise.all([pdu?.outlets.switch(1, false), rig.run(3000)]);
  assert.equal(rig.simulated.miner('m01').watts(), 0);
  assert.deepEqual(rig.picture.pdus['pdu-a']?.reading?.outlets[0], { outlet: 1, on: false, powerW: 0 });
  assert.equal(rig.outletW(2), 3000);
  await Promise.all([pdu?.outlets.switch(1, true), rig.run(12_000)]);
  assert.equal(rig.picture.pdus['pdu-a']?.reading?.outlets[0]?.on, true);
  await rig.stop();
});

test('a PDU that acknowledges and does nothing is found out', async () => {
  const rig = await new Rig().start();
  rig.simulated.pdu('pdu-a').faults.ignoresCommands = true;
  const [pdu] = rig.rack.pdus;
  const outcome = assert.rejects(pdu?.outlets.switch(2, false) ?? Promise.resolve(), { kind: 'refused' });
  await rig.run(1000);
  await outcome;
  await rig.stop();
});

test('a serial adapter that is pulled out raises alarms for what hangs on it, which go within 5 s of its return', async () => {
  const rig = await new Rig().start();
  rig.unplugged = true;
  rig.simulated.line('rtu1').unplug();
  await rig.run(60_000);
  assert.deepEqual(rig.alarms(), ['meter-feed', 'sensor-inlet']);
  assert.match(rig.picture.sensors['inlet']?.trouble?.message ?? '', /not connected|there is no adapter/);
  rig.unplugged = false;
  await rig.run(5000);
  assert.deepEqual(rig.alarms(), []);
  assert.equal(rig.picture.meters['feed']?.reading?.powerW, rig.simulated.watts());
  await rig.stop();
});

test('noise around every reply, and an adapter that echoes, cost no reading', async () => {
  const rig = new Rig();
  Object.assign(rig.simulated.line('rtu1').faults, {
    noiseBefore: Buffer.of(0xff, 1, 4),
    noiseAfter: Buffer.of(0, 0),
    echoesRequests: true,
  });
  await rig.start();
  assert.equal(rig.picture.meters['feed']?.reading?.powerW, rig.simulated.watts());
  assert.equal(rig.picture.sensors['inlet']?.reading?.temperatureC, 25);
  const { timeouts, crcErrors } = rig.rack.buses()['rtu1'] ?? {};
  assert.equal(timeouts, 0);
  assert.ok(crcErrors);
  await rig.stop();
});

for (const fault of [{ flipsByte: 4 }, { losesLastBytes: 1 }]) {
  test(`replies damaged by ${Object.keys(fault)[0]} are counted and never believed`, async () => {
    const rig = await new Rig().start();
    const before = rig.picture.meters['feed']?.reading;
    Object.assign(rig.simulated.line('rtu1').faults, fault);
    rig.simulated.otherLoads.moveTo(900);
    await rig.run(20_000);
    assert.ok((rig.picture.meters['feed']?.reading?.at.mono ?? 0) - (before?.at.mono ?? 0) < 1000);
    assert.deepEqual(rig.alarms(), ['meter-feed', 'sensor-inlet']);
    assert.ok((rig.rack.buses()['rtu1']?.crcErrors ?? 0) > 3);
    await rig.stop();
  });
}

function readMap(id: string) {
  const file = new URL(`../../firmware-adapters/modbus/maps/${id}.json`, import.meta.url);
  return parseRegisterMap(readFileSync(file, 'utf8'), `${id}.json`);
}
