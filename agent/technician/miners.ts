/**
 * Finds the miners of a network: knocks at the ports that the registry's adapters listen on, and asks where one opens,
 * in the registry's order. Reads only, and knows no secret.
 */
import type { Adapter, AdapterContext, Recognised } from '#adapters/contract.ts';
import { Slots } from '#adapters/transport/slots.ts';
import { within } from '#adapters/transport/within.ts';
import type { Clock } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';
import type { Millis } from '#protocol/units.ts';

export type Searched = {
  readonly adapters: readonly Adapter[];
  readonly connect: AdapterContext['connect'];
  readonly clock: Clock;
  /** Told as addresses are done with. */
  progress?(done: number, of: number): void;
};

export type FoundMiner =
  | { readonly kind: 'miner'; readonly host: string; readonly adapter: string; readonly recognised: Recognised }
  /** Somebody listens there, but answers as none of the registry's. */
  | { readonly kind: 'stranger'; readonly host: string; readonly ports: readonly number[] };

/** Connections at one time: within what a controller's kernel and a switch of the site take without dropping any. */
const MOST_SOCKETS = 256;
/** A miner on the same network answers a knock in a few ms; one that is hashing hard, in some hundred. */
const KNOCK_MS: Millis = 700;
/** For all that one adapter asks of one address. */
const ASK_MS: Millis = 8000;

/** In the order of the hosts. */
export async function searchMiners(
  hosts: readonly string[],
  searched: Searched,
  signal: AbortSignal,
): Promise<FoundMiner[]> {
  const { adapters, progress } = searched;
  const ports = [...new Set(adapters.flatMap(({ recognition }) => recognition?.ports ?? []))];
  const slots = new Slots(MOST_SOCKETS);
  let done = 0;
  const found = await Promise.all(
    hosts.map(async (host) => {
      const open = await Promise.all(ports.map((port) => slots.run(false, () => isOpen(host, port, searched, signal))));
      const listening = ports.filter((_, i) => open[i]);
      const miner =
        listening.length > 0 ? await slots.run(false, () => asked(host, listening, searched, signal)) : undefined;
      progress?.(++done, hosts.length);
      return miner;
    }),
  );
  signal.throwIfAborted();
  return found.filter((each) => each !== undefined);
}

async function isOpen(host: string, port: number, { connect, clock }: Searched, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    const stream = await within(clock, KNOCK_MS, signal, (stop) => connect(host, port, stop));
    stream.destroy();
    return true;
  } catch {
    return false;
  }
}

/** One after the other: some firmware takes only one connection at a time, and two questions would hide the answer. */
async function asked(
  host: string,
  open: readonly number[],
  { adapters, connect, clock }: Searched,
  signal: AbortSignal,
): Promise<FoundMiner> {
  const secret = () => Promise.reject(new Error('a search knows no secrets'));
  const context: AdapterContext = { id: host, clock, log: openLog('silent'), connect, secret };
  for (const { name, recognition } of adapters) {
    if (!recognition?.ports.some((port) => open.includes(port))) continue;
    const ask = (stop: AbortSignal) => recognition.ask(host, context, stop);
    // What an adapter cannot make sense of is somebody else's.
    const recognised = await within(clock, ASK_MS, signal, ask).catch(() => undefined);
    if (recognised) return { kind: 'miner', host, adapter: name, recognised };
    if (signal.aborted) break;
  }
  return { kind: 'stranger', host, ports: open };
}
