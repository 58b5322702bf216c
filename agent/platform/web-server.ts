/** An HTTP server that listens at one address until it is stopped. */
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type WebAddress = { readonly host: string; readonly port: number };
export type WebServer = {
  /** `http://127.0.0.1:8080/` */
  readonly url: string;
  stop(): Promise<void>;
};

/** Port 0 is any. Throws what listening does. */
export async function listen(answer: RequestListener, { host, port }: WebAddress): Promise<WebServer> {
  const server = createServer(answer);
  server.listen(port, host);
  await once(server, 'listening');
  const { port: open } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${open}/`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
