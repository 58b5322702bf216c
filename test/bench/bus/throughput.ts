/** How near to the limit of the wire eight meters are read, one request after the other. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Line } from './open-line.ts';
import { openLine } from './open-line.ts';
import { readMsAt } from './wire-time.ts';

export type Throughput = {
  /** Of the transactions a second that the wire allows. */
  ofLimit: number;
  perSecond: number;
  /** The shortest silence that was kept before a request. */
  silenceMs: number;
};

/** With `registers` in each read. */
export async function throughput(baud: number, registers: number, seconds: number): Promise<Throughput> {
  const line = await openLine(baud);
  const read = await readAll(line, [1, 2, 3, 4, 5, 6, 7, 8], registers, seconds);
  await line.close();
  const silenceMs = Math.min(...line.heard.slice(1).map((each) => each.silenceMs));
  return { ofLimit: (read.perSecond * readMsAt(baud, registers)) / 1000, perSecond: read.perSecond, silenceMs };
}

/** Reads these units for so long, each again as soon as it has answered; what fails is read again. */
export async function readAll(
  { bus }: Line,
  units: readonly number[],
  registers: number,
  seconds: number,
): Promise<{ perSecond: number }> {
  const until = performance.now() + seconds * 1000;
  let reads = 0;
  const poll = async (unit: number) => {
    while (performance.now() < until) {
      const isRead = await bus.read(unit, 'input', 100 * unit, registers).then(
        () => true,
        () => false,
      );
      if (isRead) reads += 1;
      // As a poller does that has no answer.
      else await sleep(500);
    }
  };
  const began = performance.now();
  await Promise.all(units.map(poll));
  return { perSecond: (reads * 1000) / (performance.now() - began) };
}
