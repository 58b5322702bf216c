/** A day at a slow poll on wires that fail in every way: what is left of it at the end is what was there at the start. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { queryObjects } from 'node:v8';
import { AdapterError } from '#adapters/errors.ts';
import { parseRegisterMap } from '#adapters/modbus/register-map.ts';
import { configSchema } from '#agent/config/config.ts';
import { now } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';
import { buildRack } from '#agent/rack/rack.ts';
import { RunningRack } from '#agent/running-rack.ts';
import { fold } from '#agent/state/fold.ts';
import type { Picture } from '#agent/state/picture.ts';
import { emptyPicture } from '#agent/state/picture.ts';
import { createRack } from '#test/simulator/rack.ts';
import { seededRandom } from '#test/support/damaging-relay.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test('24 hours of random faults at a slow poll leave no timer, no promise and no memory behind', async () => {
  const day = new Day();
  await day.start();
  await day.faultyHours(2);
  const early = await day.inventory();
  await day.faultyHours(21);
  const late = await day.inventory();
  const { requests = 0, timeouts = 0, crcErrors = 0, reconnects = 0 } = day.rack.buses()['rtu1'] ?? {};
  assert.ok(
    requests > 5000 && timeouts > 1000 && crcErrors > 1000 && reconnects > 10,
    `faults of each kind: ${requests} ${timeouts} ${crcErrors} ${reconnects}`,
  );
  assert.equal(day.picture.meters['feed']?.reading?.powerW, day.simulated.watts(), 'and it works at the end');
  assert.equal(late.timers, early.timers);
  assert.ok(late.promises - early.promises < 20, `${early.promises} promises, then ${late.promises}`);
  assert.ok(late.signals - early.signals < 20, `${early.signals} signals, then ${late.signals}`);
  assert.ok(late.heapMb - early.heapMb < 2, `${early.heapMb} MB, then ${late.heapMb} MB`);
  const before = day.clock.pending;
  await day.stop();
  assert.ok(day.clock.pending < before);
});

/** A meter and a sensor on a serial line, and a PDU on the network, each read once a minute. */
class Day {
  readonly clock = new VirtualClock(0, 2);
  readonly simulated = createRack({
    clock: this.clock,
    miners: [{ id: 'm01', ratedW: 3000 }],
    meter: { line: 'rtu1' },
    sensors: [{ id: 'inlet', line: 'rtu1', unit: 10, riseKPerKw: 0 }],
    pdus: [{ id: 'pdu-a', outlets: { 1: 'm01' } }],
  });
  readonly rack = buildRack(this.#config(), {
    clock: this.clock,
    log: openLog('silent'),
    maps: new Map(['eastron-sdm630', 'xy-md02', 'gude-expert-power-control'].map((id) => [id, readMap(id)])),
    connect: (host, port, signal) => this.simulated.connect(host, port, signal),
    serial: async () => {
      if (this.#unplugged) throw new AdapterError('unreachable', 'there is no adapter');
      return this.simulated.serial('rtu1');
    },
    secret: async () => '',
  });
  picture: Picture = emptyPicture;
  #unplugged = false;
  readonly #random = seededRandom(24);
  readonly #running = new RunningRack(this.rack, {
    clock: this.clock,
    log: openLog('silent'),
    observe: (observation) => {
      this.picture = fold(this.picture, observation, now(this.clock));
    },
  });

  async start(): Promise<void> {
    this.picture = fold(this.picture, this.#running.inventory, now(this.clock));
    this.#running.start();
    await this.clock.advance(MINUTE);
  }

  async stop(): Promise<void> {
    await this.#running.stop();
  }

  /** Another fault, or none, every ten minutes. */
  async faultyHours(hours: number): Promise<void> {
    for (let part = 0; part < hours * 6; part++) {
      this.#fail(Math.floor(this.#random() * 8));
      await this.clock.advance(HOUR / 6);
    }
  }

  /** What there is while all is well. */
  async inventory() {
    this.#heal();
    await this.clock.advance(HOUR / 2);
    return {
      timers: this.clock.pending,
      promises: queryObjects(Promise, { format: 'count' }),
      signals: queryObjects(AbortSignal, { format: 'count' }),
      // The query has just collected what nobody holds.
      heapMb: process.memoryUsage().heapUsed / 2 ** 20,
    };
  }

  #fail(kind: number): void {
    this.#heal();
    const { meter } = this.simulated;
    const line = this.simulated.line('rtu1');
    const pdu = this.simulated.pdu('pdu-a');
    if (kind === 0) meter.faults.silent = true;
    if (kind === 1) meter.faults.answersAfterMs = 900;
    if (kind === 2) meter.faults.duplicatesReplies = true;
    if (kind === 3) line.faults.flipsByte = 4;
    if (kind === 4) line.faults.losesLastBytes = 1;
    if (kind === 5) pdu.faults.closesWithoutReply = true;
    if (kind === 6) pdu.faults.silent = true;
    if (kind !== 7) return;
    this.#unplugged = true;
    line.unplug();
  }

  #heal(): void {
    const healthy = { silent: false, answersAfterMs: undefined, duplicatesReplies: false, closesWithoutReply: false };
    Object.assign(this.simulated.meter.faults, healthy);
    Object.assign(this.simulated.pdu('pdu-a').faults, healthy);
    Object.assign(this.simulated.line('rtu1').faults, { flipsByte: undefined, losesLastBytes: 0 });
    this.#unplugged = false;
  }

  #config() {
    const { meter, pdus } = this.simulated;
    const [pdu] = pdus;
    const period = { period_ms: MINUTE };
    return configSchema.parse({
      site: 'tx1',
      rack: 'r07',
      broker: { urls: ['mqtt://memory'] },
      buses: [
        { id: 'rtu1', kind: 'rtu', port: '/dev/serial/by-id/rtu1', baud: 9600 },
        { id: 'pdu-net', kind: 'tcp', host: pdu?.spec.host, port: pdu?.spec.port },
      ],
      meters: [{ id: 'feed', bus: 'rtu1', unit: meter.spec.unit, model: 'eastron-sdm630', role: 'feed', ...period }],
      sensors: [{ id: 'inlet', bus: 'rtu1', unit: 10, model: 'xy-md02', role: 'inlet', ...period }],
      pdus: [{ id: 'pdu-a', bus: 'pdu-net', unit: 1, model: 'gude-expert-power-control', ...period }],
    });
  }
}

function readMap(id: string) {
  const file = new URL(`../../firmware-adapters/modbus/maps/${id}.json`, import.meta.url);
  return parseRegisterMap(readFileSync(file, 'utf8'), `${id}.json`);
}
