/** A relay module with a hardware dead-man on a serial line, and a controller that goes away. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
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
import { healthySerialLine } from '#test/simulator/faults.ts';
import { serveModbusRtu } from '#test/simulator/modbus-rtu.ts';
import { WirenRelay } from '#test/simulator/wiren-relay.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';

const MODEL = 'wiren-board-mr6';
const maps = new Map([[MODEL, readMap()]]);
const log = openLog('silent');
const opens = { dead_man: { outlets: 'open', after_s: 60 }, protected: [6] };

/** The first relay is opened before the controller comes, as a curtailment would have left it. */
class Rig {
  readonly clock = new VirtualClock();
  readonly relay: WirenRelay;
  picture: Picture = emptyPicture;
  #running: RunningRack | undefined;

  constructor(isOld = false) {
    this.relay = new WirenRelay({ unit: 7, isOld }, this.clock);
    this.relay.respond(Buffer.from('0500000000', 'hex'));
  }

  /** A controller with this config, from its start until it has read the relay a few times. */
  async start(pdu: object = {}): Promise<this> {
    const config = configSchema.parse({
      site: 'tx1',
      rack: 'r07',
      broker: { urls: ['mqtt://memory'] },
      buses: [{ id: 'rtu1', kind: 'rtu', port: '/dev/serial/by-id/rtu1', baud: 9600, stop_bits: 2 }],
      pdus: [{ id: 'strip', bus: 'rtu1', unit: 7, model: MODEL, ...pdu }],
    });
    const serial = async () => {
      const [ours, theirs] = duplexPair();
      serveModbusRtu(theirs, [this.relay], this.clock, healthySerialLine());
      return ours;
    };
    const connect = async () => assert.fail('there is no network');
    const rack = buildRack(config, { clock: this.clock, log, maps, connect, serial, secret: async () => '' });
    const observe = (observation: Parameters<typeof fold>[1]) => {
      this.picture = fold(this.picture, observation, now(this.clock));
    };
    this.#running = new RunningRack(rack, { clock: this.clock, log, observe });
    observe(this.#running.inventory);
    this.#running.start();
    await this.clock.advance(15_000);
    return this;
  }

  /** Stopped, crashed or in an upgrade: to the relay they are one. */
  async goes(): Promise<void> {
    await this.#running?.stop();
  }

  alarms() {
    return Object.fromEntries(
      [...alarmsOf(this.picture, now(this.clock), 0)].map(([id, { message }]) => [id, message]),
    );
  }
}

const asLeft = [false, true, true, true, true, true];

test('a controller that goes away leaves every outlet as it is, whatever a person had set before', async () => {
  const rig = new Rig();
  for (const [register, value] of [
    [8, 10],
    [931, 0],
    [939, 1],
    [930, 1],
    [938, 1],
  ] as const)
    rig.relay.set(register, value);
  await rig.start();
  assert.deepEqual(rig.alarms(), {});
  await rig.goes();
  await rig.clock.advance(86_400_000);
  assert.deepEqual(rig.relay.closed, asLeft);
  assert.equal(rig.relay.timeOutS, 10, 'and the time-out is not its business');
});

test('where the config says so they open a minute after it went, all but the protected one', async () => {
  const rig = await new Rig().start(opens);
  assert.deepEqual(rig.alarms(), {});
  await rig.goes();
  await rig.clock.advance(50_000);
  assert.deepEqual(rig.relay.closed, asLeft);
  await rig.clock.advance(10_000);
  assert.deepEqual(rig.relay.closed, [false, false, false, false, false, true]);
  await rig.start();
  assert.equal(rig.relay.closed[1], false, 'and nothing closes by itself when it comes back');
});

test('as long as the controller reads the relay, the dead-man does nothing', async () => {
  const rig = await new Rig().start(opens);
  await rig.clock.advance(3_600_000);
  assert.deepEqual(rig.relay.closed, asLeft);
  await rig.goes();
});

test('what stands there already is not written again: the registers wear', async () => {
  const rig = await new Rig().start(opens);
  const { registerWrites } = rig.relay;
  assert.equal(registerWrites, 6, 'the time-out, and one for each outlet that opens');
  await rig.goes();
  await rig.start(opens);
  assert.equal(rig.relay.registerWrites, registerWrites);
  await rig.goes();
});

test('a relay that was exchanged for a new one is armed as the old one was', async () => {
  const rig = await new Rig().start(opens);
  rig.relay.faults.silent = true;
  await rig.clock.advance(30_000);
  for (let relay = 0; relay < 6; relay++) rig.relay.set(938 + relay, 0);
  rig.relay.set(8, 10);
  rig.relay.faults.silent = false;
  await rig.clock.advance(60_000);
  await rig.goes();
  await rig.clock.advance(60_000);
  assert.deepEqual(rig.relay.closed, [false, false, false, false, false, true]);
});

for (const [name, isOld, ignoresCommands, why] of [
  ['firmware that lacks the registers', true, false, /not armed: outlet \d: bus rtu1: unit 7: exception 2/],
  ['a relay that acknowledges and does not keep them', false, true, /not armed: time-out: holding 8 is 10 after 60/],
] as const) {
  test(`${name} is an alarm, and its outlets are read all the same`, async () => {
    const rig = new Rig(isOld);
    rig.relay.faults.ignoresCommands = ignoresCommands;
    await rig.start(opens);
    assert.match(rig.alarms()['pdu-strip-dead-man'] ?? '', why);
    assert.deepEqual(
      rig.picture.pdus['strip']?.reading?.outlets.map(({ on }) => on),
      asLeft,
    );
    await rig.goes();
  });
}

test('firmware that cannot hold is never given a time-out by a controller that wants it to', async () => {
  const rig = new Rig(true);
  rig.relay.set(8, 0);
  await rig.start();
  assert.match(rig.alarms()['pdu-strip-dead-man'] ?? '', /not armed/);
  await rig.goes();
  await rig.clock.advance(3_600_000);
  assert.deepEqual(rig.relay.closed, asLeft);
});

test('a relay that does not answer at all is an alarm', async () => {
  const rig = new Rig();
  rig.relay.faults.silent = true;
  await rig.start();
  assert.match(rig.alarms()['pdu-strip'] ?? '', /^pdu strip is silent/);
  await rig.goes();
});

function readMap() {
  const file = new URL(`../../firmware-adapters/modbus/maps/${MODEL}.json`, import.meta.url);
  return parseRegisterMap(readFileSync(file, 'utf8'), `${MODEL}.json`);
}
