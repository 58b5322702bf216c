/**
 * A rack made of software: miners that speak their firmware's protocol, a meter on the feed they hang on, PDUs and
 * sensors, and the physics between. Reached through memory, with a virtual clock, or over TCP on 127.0.0.1.
 */
import type { Duplex } from 'node:stream';
import type { Hertz, Millis, Watts } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { ConnectionFaults } from './faults.ts';
import type { PduOptions } from './gude-pdu.ts';
import { GudePdu, pduSpec } from './gude-pdu.ts';
import { LuxosMiner } from './luxos-miner.ts';
import type { MeterOptions } from './meter.ts';
import { meterSpec, SimulatedMeter } from './meter.ts';
import type { Miner } from './miner.ts';
import type { MinerOptions, SimulatedMiner } from './miners.ts';
import { createMiner, doorsOf } from './miners.ts';
import { serveModbusTcp } from './modbus-tcp.ts';
import type { Address, Endpoint } from './network.ts';
import { Network } from './network.ts';
import { noNoise, seededNoise } from './noise.ts';
import { Feed, PoweredThing } from './physics.ts';
import { SerialLine } from './serial-line.ts';
import { Trajectory } from './trajectory.ts';
import { Whatsminer } from './whatsminer-miner.ts';
import type { SensorOptions } from './xy-md02.ts';
import { sensorSpec, TemperatureSensor } from './xy-md02.ts';

export type { Address } from './network.ts';

export type RackOptions = {
  clock: SimulatorClock;
  miners: MinerOptions[];
  meter?: MeterOptions;
  pdus?: PduOptions[];
  sensors?: SensorOptions[];
  /** Ids of miners that hang on another feed, which its meter does not see. */
  elsewhere?: readonly string[];
  /** What the meter sees beside the miners: fans, switches, the controller. */
  otherLoadsW?: Watts;
  /** Seed of the noise in every power; absent for none. */
  noiseSeed?: number;
  frequencyHz?: Hertz;
  /** Line to neutral. */
  voltageV?: number;
  inletC?: number;
};

export function createRack(options: RackOptions): SimulatedRack {
  return new SimulatedRack(options);
}

export class SimulatedRack {
  readonly miners: readonly SimulatedMiner[];
  readonly meter: SimulatedMeter;
  readonly pdus: readonly GudePdu[];
  readonly sensors: readonly TemperatureSensor[];
  /** The loads beside the miners; `moveTo` changes them. */
  readonly otherLoads: PoweredThing;
  /** `feed.frequencyHz.moveTo(59.7, 2000)` lets the grid sag. */
  readonly feed: Feed;
  /** The air that comes in at the front; `moveTo` changes it. */
  readonly inletC: Trajectory;
  #lines: ReadonlyMap<string, SerialLine>;
  #network: Network;

  constructor(options: RackOptions) {
    const { clock, noiseSeed, otherLoadsW = 150, frequencyHz = 60, voltageV = 240, inletC = 25 } = options;
    this.inletC = new Trajectory(clock, inletC);
    const noise = noiseSeed === undefined ? noNoise : seededNoise(noiseSeed);
    const surroundings = { clock, noise, inletC: this.inletC };
    this.miners = options.miners.map((miner, index) => createMiner(miner, index + 1, surroundings));
    this.otherLoads = new PoweredThing('other loads', otherLoadsW, surroundings);
    const here = this.miners.filter(({ spec }) => !options.elsewhere?.includes(spec.id));
    this.feed = new Feed(clock, [...here, this.otherLoads], { frequencyHz, voltageV });
    this.meter = new SimulatedMeter(meterSpec(options.meter ?? {}), this.feed, clock);
    this.pdus = (options.pdus ?? []).map((pdu, index) => new GudePdu(pduSpec(pdu, index + 1), this.feed));
    this.sensors = (options.sensors ?? []).map(
      (sensor, index) =>
        new TemperatureSensor(sensorSpec(sensor, index + 1), { inletC: this.inletC, rack: this.feed }, clock),
    );
    this.#plugIn();
    this.#lines = this.#wireLines(clock);
    this.#network = new Network([
      ...[...this.#lines].map(([id, line], index) => lineEndpoint(id, line, index + 1)),
      ...this.miners.flatMap((miner) => minerEndpoints(miner, clock)),
      ...this.pdus.map((pdu) => endpoint(pdu, (stream) => serveModbusTcp(pdu, clock, stream))),
      ...[this.meter, ...this.sensors]
        .filter(({ spec }) => spec.line === undefined)
        .map((device) => endpoint(device, (stream) => serveModbusTcp(device, clock, stream, device.spec.otherUnits))),
    ]);
  }

  /** Throws when the rack has no such WhatsMiner. */
  miner(id: string): Whatsminer {
    return this.minerOf(Whatsminer, id);
  }

  /** Throws when the rack has no such miner with LuxOS. */
  luxosMiner(id: string): LuxosMiner {
    return this.minerOf(LuxosMiner, id);
  }

  /** Throws when the rack has no such miner of that class. */
  minerOf<Kind extends Miner>(kind: abstract new (...given: never[]) => Kind, id: string): Kind {
    const miners = this.miners.filter((miner): miner is SimulatedMiner & Kind => miner instanceof kind);
    return pick(kind.name, id, miners);
  }

  /** Throws when the rack has no such PDU. */
  pdu(id: string): GudePdu {
    return pick('PDU', id, this.pdus);
  }

  /** Throws when the rack has no such sensor. */
  sensor(id: string): TemperatureSensor {
    return pick('sensor', id, this.sensors);
  }

  /** Throws when no device hangs on such a line. */
  line(id: string): SerialLine {
    const found = this.#lines.get(id);
    if (!found) throw new Error(`the simulated rack has no serial line "${id}"`);
    return found;
  }

  /** What the whole rack really draws, now or at any moment since the start. */
  watts(atMs?: Millis): Watts {
    return this.feed.watts(atMs);
  }

  /**
   * Connects through memory. Rejects like a socket: with an error whose `code` is `ECONNREFUSED` when nobody is
   * there, or with the signal's reason.
   */
  connect(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    return this.#network.connect(host, port, signal);
  }

  /** The master's end of a serial line, in memory. */
  serial(line: string): Duplex {
    return this.line(line).open();
  }

  /** Puts the devices of a serial line at the far end of a stream, as on the controlling side of a pseudo-terminal. */
  attachSerial(line: string, stream: Duplex): void {
    this.line(line).attach(stream);
  }

  /** Two network cables change places: each device answers at the other's address from now on. */
  swapAddresses(one: string, other: string): void {
    this.#network.swap(one, other);
  }

  /**
   * Serves every device on a free port of 127.0.0.1, until `stop`. The addresses go by the device's id; a serial line
   * has one too, at which its bytes come and go as behind a serial device server.
   */
  listen(): Promise<ReadonlyMap<string, Address>> {
    return this.#network.listen();
  }

  /** Cuts every connection, closes every port and unplugs every serial line. */
  async stop(): Promise<void> {
    for (const line of this.#lines.values()) line.unplug();
    await this.#network.stop();
  }

  #plugIn(): void {
    for (const pdu of this.pdus) {
      for (const [port, id] of Object.entries(pdu.spec.outlets)) {
        pdu.outlet(Number(port)).plugIn(pick('miner', id, this.miners));
      }
    }
  }

  #wireLines(clock: SimulatorClock): ReadonlyMap<string, SerialLine> {
    const devices = Map.groupBy([this.meter, ...this.sensors], ({ spec }) => spec.line);
    return new Map(
      [...devices].flatMap(([id, there]) => (id === undefined ? [] : [[id, new SerialLine(there, clock)]])),
    );
  }
}

function minerEndpoints(miner: SimulatedMiner, clock: SimulatorClock): Endpoint[] {
  const { id, host } = miner.spec;
  const isUp = () => !miner.faults.refusesConnections && miner.energised && !miner.rebooting;
  return doorsOf(miner, clock).map(({ name, port, serve }) => ({
    id: name === undefined ? id : `${id}/${name}`,
    host,
    port,
    service: { isUp, serve },
  }));
}

/** A serial device server that passes the bytes of its line on as they are. */
function lineEndpoint(id: string, line: SerialLine, place: number): Endpoint {
  const service = { isUp: () => true, serve: (stream: Duplex) => line.attach(stream) };
  return { id, host: `10.0.4.${10 + place}`, port: 4001, service };
}

function endpoint(
  { spec, faults }: { spec: Address & { id: string }; faults: ConnectionFaults },
  serve: (stream: Duplex) => void,
): Endpoint {
  const { id, host, port } = spec;
  return { id, host, port, service: { isUp: () => !faults.refusesConnections, serve } };
}

function pick<Thing extends { spec: { id: string } }>(kind: string, id: string, things: readonly Thing[]): Thing {
  const found = things.find(({ spec }) => spec.id === id);
  if (!found) throw new Error(`the simulated rack has no ${kind} "${id}"`);
  return found;
}
