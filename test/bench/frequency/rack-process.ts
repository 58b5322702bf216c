/**
 * A process of its own: a simulated rack, and the grid that it hangs on. When the frequency crosses a threshold is noted
 * here, on the machine's monotonic clock, before any meter can show it.
 *
 *   node rack-process.ts MINERS [BAUD]     with a baud rate its meter hangs on a serial line, else on the network
 */
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '#agent/platform/clock.ts';
import type { Hertz, Millis, Seconds, Watts } from '#protocol/units.ts';
import type { Address, SimulatedRack } from '#test/simulator/rack.ts';
import { createRack } from '#test/simulator/rack.ts';
import { moment } from '../command-path/moment.ts';
import { paced } from './paced.ts';

export const NOMINAL_V = 240;
export const MINER_W: Watts = 3000;

export type Look = { readonly s: Seconds; readonly hz: Hertz };
type SimulatedMinerAt = Address & { readonly id: string; readonly mac: string };
export type FromRack =
  | {
      readonly kind: 'listening';
      readonly meter: Address;
      readonly miners: readonly SimulatedMinerAt[];
      readonly password: string;
    }
  | { readonly kind: 'replayed'; readonly crossings: Crossings };
/** Of each threshold, in their order, every moment at which the frequency fell below it. */
export type Crossings = readonly (readonly Millis[])[];
export type ToRack = { readonly looks: readonly Look[]; readonly thresholds: readonly Hertz[] };

const LINE = 'rtu1';

async function openRack(count: number, baud: number | undefined): Promise<SimulatedRack> {
  const miners = Array.from({ length: count }, (_, i) => ({ id: `m${i + 10}`, ratedW: MINER_W, ratedThs: 130 - i }));
  const meter = baud === undefined ? {} : { line: LINE };
  const rack = createRack({ clock: systemClock, miners, voltageV: NOMINAL_V, meter });
  const at = await rack.listen();
  const here = (id: string): Address => at.get(id) ?? { host: '127.0.0.1', port: 0 };
  tell({
    kind: 'listening',
    meter: baud === undefined ? here('feed') : await openLine(rack, baud),
    miners: rack.miners.map(({ spec: { id, mac } }) => ({ id, mac, ...here(id) })),
    password: rack.miners[0]?.spec.password ?? '',
  });
  return rack;
}

/** The serial line as a port of its own, with the time that its bytes take on a real one. */
async function openLine(rack: SimulatedRack, baud: number): Promise<Address> {
  const line = paced(rack.serial(LINE), baud);
  const server = createServer({ noDelay: true }, (socket) => {
    // Whoever leaves in the middle of a reply is gone, and no mistake of the line's.
    socket.on('error', () => {});
    socket.pipe(line).pipe(socket);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

async function replay({ feed }: SimulatedRack, { looks, thresholds }: ToRack): Promise<Crossings> {
  const crossings = thresholds.map((below) => ({ below, at: [] as Millis[] }));
  const begun = moment() - (looks[0]?.s ?? 0) * 1000;
  let before = Number.POSITIVE_INFINITY;
  for (const { s, hz } of looks) {
    await sleep(Math.max(0, begun + s * 1000 - moment()));
    feed.frequencyHz.moveTo(hz, 0);
    for (const { below, at } of crossings) if (hz < below && before >= below) at.push(moment());
    before = hz;
  }
  return crossings.map(({ at }) => at);
}

function tell(message: FromRack): void {
  process.send?.(message);
}

if (import.meta.main) {
  const [miners, baud] = process.argv.slice(2).map(Number);
  const rack = await openRack(miners ?? 0, baud);
  process.on('message', async (event: ToRack) => tell({ kind: 'replayed', crossings: await replay(rack, event) }));
  process.once('disconnect', () => process.exit());
}
