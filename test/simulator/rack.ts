/**
 * A rack made of software: miners that speak their firmware's protocol, a meter on the feed they hang on, and the
 * physics between. Reached through memory, with a virtual clock, or over TCP on 127.0.0.1.
 */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import type { Hertz, Millis, Watts } from '#protocol/units.ts';
import type { SimulatorClock } from './clock.ts';
import type { MeterOptions } from './meter.ts';
import { meterSpec, SimulatedMeter } from './meter.ts';
import { noNoise, seededNoise } from './noise.ts';
import { Feed, PoweredThing } from './physics.ts';
import { serveSdm630 } from './sdm630.ts';
import { SimulatedMiner } from './whatsminer-miner.ts';
import type { MinerOptions } from './whatsminer-spec.ts';
import { minerSpec } from './whatsminer-spec.ts';
import { serveWhatsminerV2 } from './whatsminer-v2.ts';

export type RackOptions = {
  clock: SimulatorClock;
  miners: MinerOptions[];
  meter?: MeterOptions;
  /** What the meter sees beside the miners: fans, switches, the controller. */
  otherLoadsW?: Watts;
  /** Seed of the noise in every power; absent for none. */
  noiseSeed?: number;
  frequencyHz?: Hertz;
  /** Line to neutral. */
  voltageV?: number;
};

export type Address = { host: string; port: number };

/** Something at an address of the rack's network. */
type Endpoint = Address & { id: string; isUp(): boolean; serve(stream: Duplex): void };

export function createRack(options: RackOptions): SimulatedRack {
  return new SimulatedRack(options);
}

export class SimulatedRack {
  readonly miners: readonly SimulatedMiner[];
  readonly meter: SimulatedMeter;
  /** The loads beside the miners; `moveTo` changes them. */
  readonly otherLoads: PoweredThing;
  /** `feed.frequencyHz.moveTo(59.7, 2000)` lets the grid sag. */
  readonly feed: Feed;
  #endpoints: Endpoint[];
  #streams = new Set<Duplex>();
  #servers: Server[] = [];

  constructor(options: RackOptions) {
    const { clock, noiseSeed, otherLoadsW = 150, frequencyHz = 60, voltageV = 240 } = options;
    const surroundings = { clock, noise: noiseSeed === undefined ? noNoise : seededNoise(noiseSeed) };
    this.miners = options.miners.map((miner, index) => new SimulatedMiner(minerSpec(miner, index + 1), surroundings));
    this.otherLoads = new PoweredThing('other loads', otherLoadsW, surroundings);
    const loads = [...this.miners.map((miner) => miner.power), this.otherLoads];
    this.feed = new Feed(clock, loads, { frequencyHz, voltageV });
    this.meter = new SimulatedMeter(meterSpec(options.meter ?? {}), this.feed, clock);
    this.#endpoints = [...this.miners.map((miner) => minerEndpoint(miner, clock)), meterEndpoint(this.meter, clock)];
  }

  /** Throws when the rack has no such miner. */
  miner(id: string): SimulatedMiner {
    const found = this.miners.find((miner) => miner.spec.id === id);
    if (!found) throw new Error(`the simulated rack has no miner "${id}"`);
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
  async connect(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    signal?.throwIfAborted();
    const endpoint = this.#endpoints.find((other) => other.host === host && other.port === port);
    if (!endpoint?.isUp()) {
      throw Object.assign(new Error(`connect ECONNREFUSED ${host}:${port}`), { code: 'ECONNREFUSED' });
    }
    const [near, far] = duplexPair();
    near.once('close', () => far.destroy());
    this.#serve(endpoint, far);
    return near;
  }

  /** Serves every device on a free port of 127.0.0.1, until `stop`. The addresses go by the device's id. */
  async listen(): Promise<ReadonlyMap<string, Address>> {
    const addresses = await Promise.all(
      this.#endpoints.map(async (endpoint): Promise<[string, Address]> => [endpoint.id, await this.#bind(endpoint)]),
    );
    return new Map(addresses);
  }

  /** Cuts every connection and closes every port. */
  async stop(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    await Promise.all(
      this.#servers.splice(0).map((server) => {
        server.close();
        return once(server, 'close');
      }),
    );
  }

  async #bind(endpoint: Endpoint): Promise<Address> {
    // Half open: a client may close its side once its request is out, as `nc -N` does, and still wants the reply.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      if (endpoint.isUp()) this.#serve(endpoint, socket);
      else socket.destroy();
    });
    this.#servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  }

  #serve(endpoint: Endpoint, stream: Duplex): void {
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    endpoint.serve(stream);
  }
}

function minerEndpoint(miner: SimulatedMiner, clock: SimulatorClock): Endpoint {
  return {
    ...addressOf(miner),
    isUp: () => !miner.faults.refusesConnections && !miner.rebooting,
    serve: (stream) => serveWhatsminerV2(miner, clock, stream),
  };
}

function meterEndpoint(meter: SimulatedMeter, clock: SimulatorClock): Endpoint {
  return {
    ...addressOf(meter),
    isUp: () => !meter.faults.refusesConnections,
    serve: (stream) => serveSdm630(meter, clock, stream),
  };
}

function addressOf({ spec }: { spec: Address & { id: string } }): Address & { id: string } {
  return { id: spec.id, host: spec.host, port: spec.port };
}
