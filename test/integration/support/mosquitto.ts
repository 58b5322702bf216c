/** A mosquitto of a test's own, with its own configuration, on a free port of 127.0.0.1. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Mosquitto = {
  readonly port: number;
  readonly url: string;
  /** Ends the broker and with it every session; what it retained is gone, unless it is `durable`. */
  stop(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Ends the broker and removes its files. */
  remove(): Promise<void>;
};

export type WebMosquitto = Mosquitto & {
  /** `ws://127.0.0.1:PORT`, for browsers. */
  readonly webUrl: string;
};

/** With a second listener for browsers, and room for as many messages under way as come. */
export async function startWebMosquitto(lines: string[] = ['allow_anonymous true']): Promise<WebMosquitto> {
  const port = await freePort();
  const web = [`listener ${port} 127.0.0.1`, 'protocol websockets'];
  const room = ['max_inflight_messages 0', 'max_queued_messages 0'];
  const broker = await startMosquitto([...web, ...room, ...lines]);
  return { ...broker, webUrl: `ws://127.0.0.1:${port}` };
}

/** `lines` are added to the listener's configuration. A `durable` broker keeps on disk what it retains. */
export async function startMosquitto(
  lines: string[] = ['allow_anonymous true'],
  { durable = false } = {},
): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-mosquitto-'));
  const port = await freePort();
  const file = join(folder, 'mosquitto.conf');
  // Without `user root` a mosquitto that root starts becomes another user and cannot read the test's files.
  const own = [
    `listener ${port} 127.0.0.1`,
    'set_tcp_nodelay true',
    `persistence ${durable}`,
    `persistence_location ${folder}/`,
    'user root',
    'log_dest stderr',
  ];
  await writeFile(file, [...own, ...lines, ''].join('\n'));
  let broker: ChildProcess | undefined;
  const stop = async () => {
    if (!broker || broker.exitCode !== null || broker.signalCode !== null) return;
    const exit = once(broker, 'exit');
    // It writes its disk at an orderly end.
    broker.kill(durable ? 'SIGTERM' : 'SIGKILL');
    await exit;
  };
  const start = async () => {
    broker = await run(file);
  };
  const remove = async () => {
    await stop();
    await rm(folder, { recursive: true });
  };
  await start();
  return { port, url: `mqtt://127.0.0.1:${port}`, stop, start, remove };
}

function run(file: string): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const broker = spawn('mosquitto', ['-c', file], {
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    broker.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/mosquitto version \S+ running/.test(said)) resolve(broker);
    });
    broker.once('error', reject);
    broker.once('exit', (code) => reject(new Error(`mosquitto ended with ${code}: ${said}`)));
  });
}

/** mosquitto cannot choose a port itself: its port 0 means a Unix socket. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
