/**
 * A process of its own: the least that can obey a signed order. It hears the order, verifies it, and writes bytes that
 * were sealed beforehand to every miner at once. No picture, no plan, no queue, no reading, nothing told.
 *
 *   node floor.ts JSON
 */
import { createPublicKey, createSecretKey, verify } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createConnection, Socket as TcpSocket } from 'node:net';
import { connectAsync } from 'mqtt';
import { seal } from '#adapters/asic/whatsminer/crypto.ts';
import type { Order } from '#protocol/order.ts';
import { bytesToSign, fromBase64Url } from '#protocol/signing.ts';
import { fetchToken } from '#test/simulator/whatsminer-client.ts';

export type FloorSetup = {
  readonly brokerUrl: string;
  readonly topic: string;
  /** SPKI PEM. */
  readonly publicKey: string;
  readonly password: string;
  readonly ports: readonly number[];
};
/** Dials every miner ahead of the next order, which real miners do not suffer for long: they hang up after 10 s. */
export type ToFloor = { readonly kind: 'dialAhead' };
export type FromFloor = { readonly kind: 'ready' } | { readonly kind: 'dialled' };

if (import.meta.main) await run(JSON.parse(process.argv[2] ?? '') as FloorSetup);

async function run({ brokerUrl, topic, publicKey, password, ports }: FloorSetup): Promise<void> {
  const key = createPublicKey(publicKey);
  const sealed: { port: number; request: string }[] = [];
  for (const port of ports) {
    const { sign, aesKey } = await fetchToken(async () => dial(port), password);
    const token = { sign, aesKey: createSecretKey(aesKey) };
    sealed.push({ port, request: JSON.stringify(seal({ cmd: 'power_off', respbefore: 'true' }, token)) });
  }
  let ahead: Socket[] = [];
  const client = await connectAsync(brokerUrl);
  if (client.stream instanceof TcpSocket) client.stream.setNoDelay(true);
  client.on('message', (_topic, payload) => {
    const order = JSON.parse(payload.toString()) as Order;
    if (!verify(null, bytesToSign(order), key, fromBase64Url(order.signature.value))) return;
    for (const [i, { port, request }] of sealed.entries()) (ahead[i] ?? dial(port)).write(request);
    ahead = [];
  });
  await client.subscribeAsync(topic, { qos: 1 });
  process.on('message', async (_dialAhead: ToFloor) => {
    ahead = ports.map(dial);
    await Promise.all(ahead.map((socket) => once(socket, 'connect')));
    tell({ kind: 'dialled' });
  });
  process.once('disconnect', () => process.exit());
  tell({ kind: 'ready' });
}

/** Left when the miner has answered and hung up. */
function dial(port: number): Socket {
  return createConnection({ host: '127.0.0.1', port, noDelay: true }).resume();
}

function tell(message: FromFloor): void {
  process.send?.(message);
}
