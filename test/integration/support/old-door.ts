/** Turns a broker into one that speaks MQTT 3.1.1 only, as AWS IoT and NATS do: mosquitto 2.0 has no setting for it. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export type OldDoor = { readonly port: number; close(): Promise<void> };

/** CONNACK with return code 1, "unacceptable protocol version" (MQTT 3.1.1, 3.2.2.3). */
const REFUSED = Uint8Array.of(0x20, 2, 0, 1);

export async function startOldDoor(toPort: number): Promise<OldDoor> {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    open.add(near);
    near.on('error', () => {}).once('close', () => open.delete(near));
    near.once('data', (connectPacket) => {
      if (protocolLevel(connectPacket) === 5) return void near.end(REFUSED);
      const far = connect({ port: toPort, host: '127.0.0.1', noDelay: true });
      far.on('error', () => {}).write(connectPacket);
      near.pipe(far).pipe(near);
      near.once('close', () => far.destroy());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const near of open) near.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Behind the packet's type, its length of one to four bytes, and the protocol's name with a length of two. */
function protocolLevel(connectPacket: Buffer): number | undefined {
  const name = connectPacket.indexOf('MQTT');
  return name < 0 ? undefined : connectPacket[name + 'MQTT'.length];
}
