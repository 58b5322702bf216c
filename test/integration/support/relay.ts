/** A TCP relay that a test can cut, as a switch that loses power would. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export type Relay = { readonly port: number /** Resets every connection. */; cut(): void; close(): Promise<void> };

export async function startRelay(toPort: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = keep(connect({ port: toPort, host: '127.0.0.1', noDelay: true }));
    keep(near).pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const close = async () => {
    cut();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, cut, close };
}
