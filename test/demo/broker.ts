/** The demo's broker: aedes on TCP and on WebSocket, both on loopback, without a password. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';

export type DemoBroker = {
  /** `mqtt://127.0.0.1:PORT` */
  readonly url: string;
  /** `ws://127.0.0.1:PORT`, for a broker UI in a browser. */
  readonly webUrl: string;
  /** Calls `hear` for every message that is published from now on. */
  listen(hear: (topic: string, payload: string) => void): void;
  stop(): Promise<void>;
};

/** Uses the preferred ports when they are free, else any; 0 is any. */
export async function startBroker(preferred: { mqtt: number; web: number }): Promise<DemoBroker> {
  const aedes = await Aedes.createBroker();
  const tcp = createServer({ noDelay: true }, aedes.handle);
  const http = createHttpServer();
  const port = await listen(tcp, preferred.mqtt);
  const webPort = await listen(http, preferred.web);
  // Not before: it makes the error of a port in use its own, and throws it.
  const web = new WebSocketServer({ server: http, handleProtocols: () => 'mqtt' });
  web.on('connection', (socket, request) => aedes.handle(createWebSocketStream(socket), request));
  return {
    url: `mqtt://127.0.0.1:${port}`,
    webUrl: `ws://127.0.0.1:${webPort}`,
    listen: (hear) => {
      aedes.on('publish', ({ topic, payload }) => {
        if (!topic.startsWith('$SYS')) hear(topic, payload.toString());
      });
    },
    stop: async () => {
      for (const client of web.clients) client.terminate();
      await new Promise<void>((closed) => aedes.close(() => closed()));
      tcp.close();
      http.close();
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  return (server.address() as AddressInfo).port;
}
