/** The network of the simulated rack: who answers at which address, in memory and over TCP on 127.0.0.1. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';

export type Address = { host: string; port: number };

/** Something that can be plugged in at an address. */
type Service = { isUp(): boolean; serve(stream: Duplex): void };

export type Endpoint = Address & { id: string; service: Service };

export class Network {
  #endpoints: readonly Endpoint[];
  #streams = new Set<Duplex>();
  #servers: Server[] = [];

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints;
  }

  /** Like a socket: rejects with an error whose `code` is `ECONNREFUSED`, or with the signal's reason. */
  async connect(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    signal?.throwIfAborted();
    const endpoint = this.#endpoints.find((other) => other.host === host && other.port === port);
    if (!endpoint?.service.isUp()) {
      throw Object.assign(new Error(`connect ECONNREFUSED ${host}:${port}`), { code: 'ECONNREFUSED' });
    }
    const [near, far] = duplexPair();
    near.once('close', () => far.destroy());
    this.#serve(endpoint, far);
    return near;
  }

  /** Serves everything on a free port of 127.0.0.1, until `stop`. The addresses go by id. */
  async listen(): Promise<ReadonlyMap<string, Address>> {
    const addresses = await Promise.all(
      this.#endpoints.map(async (endpoint): Promise<[string, Address]> => [endpoint.id, await this.#bind(endpoint)]),
    );
    return new Map(addresses);
  }

  /** Two cables change places: each device answers at the other's address from now on. */
  swap(one: string, other: string): void {
    const first = this.#endpoint(one);
    const second = this.#endpoint(other);
    [first.service, second.service] = [second.service, first.service];
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
      if (endpoint.service.isUp()) this.#serve(endpoint, socket);
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
    endpoint.service.serve(stream);
  }

  #endpoint(id: string): Endpoint {
    const found = this.#endpoints.find((endpoint) => endpoint.id === id);
    if (!found) throw new Error(`nothing in the simulated rack has an address of its own and the id "${id}"`);
    return found;
  }
}
