/** The simulated rack of the documents: every device at its own address on the network of this process. */
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { SimulatedRack } from '#test/simulator/rack.ts';
import { NETWORK } from './place.ts';

/** What `serve` returns closes every door again. */
export async function serveAtOwnAddresses(rack: SimulatedRack): Promise<() => Promise<void>> {
  const doors = [...rack.miners, ...rack.pdus].map(({ spec: { host, port } }) => ({ host, port }));
  const servers = await Promise.all(doors.map((door) => serve(rack, door)));
  return async () => void (await Promise.all(servers.map(close)));
}

async function serve(rack: SimulatedRack, { host, port }: { host: string; port: number }): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void join(rack, host, port, socket));
  server.listen(port, host.replace(/^10\.0\./, NETWORK));
  await once(server, 'listening');
  return server;
}

async function join(rack: SimulatedRack, host: string, port: number, socket: Socket): Promise<void> {
  socket.on('error', () => {});
  try {
    const device = await rack.connect(host, port);
    device.on('error', () => {});
    device.once('close', () => socket.destroy());
    socket.once('close', () => device.destroy());
    socket.pipe(device).pipe(socket);
  } catch {
    // Nobody is there: as if the port were closed.
    socket.destroy();
  }
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
