/** A TCP relay that a test can cut, as a switch that loses power would. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export type Relay = {
  readonly port: number;
  /** Resets every connection. */
  cut(): void;
  /**
   * From now on the far side is not told that a near side of today's connections has gone, as when the network
   * between dies before the machine does. Resets those connections when the returned function is called.
   */
  strand(): () => void;
  close(): Promise<void>;
};

type Link = { near: Socket; far: Socket; letGo(): void };

export async function startRelay(toPort: number): Promise<Relay> {
  const links = new Set<Link>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: toPort, host: '127.0.0.1', noDelay: true });
    const link = { near, far, letGo: () => far.destroy() };
    links.add(link);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.pipe(far).pipe(near);
    near.once('close', link.letGo);
    far.once('close', () => {
      near.destroy();
      links.delete(link);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const reset = (some: Iterable<Link>) => {
    for (const { near, far } of some) for (const socket of [near, far]) socket.resetAndDestroy();
  };
  const strand = () => {
    const stranded = [...links];
    for (const { near, far, letGo } of stranded) {
      near.unpipe(far).off('close', letGo);
      near.resume();
    }
    return () => reset(stranded);
  };
  const close = async () => {
    reset(links);
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, cut: () => reset(links), strand, close };
}
