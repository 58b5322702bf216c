/** Many reads over a line that delays, doubles, drops, cuts, flips and adds bytes, 1 % of the replies each. */
import { duplexPair } from 'node:stream';
import { AdapterError } from '#adapters/errors.ts';
import { ModbusBus } from '#adapters/modbus/bus.ts';
import type { BusCounters } from '#adapters/modbus/counters.ts';
import { rtuFraming } from '#adapters/modbus/rtu.ts';
import type { DamageOptions, Line } from './damaging-relay.ts';
import { damages, damagingRelay, seededRandom } from './damaging-relay.ts';
import { ownAddresses, rtuRequestsIn } from './rtu-peer.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What came of reads; `wrong` are values that were believed and are not those asked for. */
export type Tally = { right: number; wrong: number; lost: number; calledOff: number };

export type Asked = { unit: number; address: number; count: number };

/** Each kind of damage befalls one reply of a hundred; a delayed one comes `delayMs` late, from and up to. */
export function onePercentEach(delayMs: DamageOptions['delayMs'], random: () => number): DamageOptions {
  return { shares: Object.fromEntries(damages.map((kind) => [kind, 0.01])), delayMs, random };
}

/** Few units, and counts that are mostly alike: that is where one reply could pass for another. */
export function anyRead(random: () => number): Asked {
  const below = (limit: number) => Math.floor(random() * limit);
  return { unit: 1 + below(2), address: below(1000), count: 1 + below(2) };
}

/** Of units whose registers hold their own addresses. */
export function isRight({ address, count }: Asked, values: readonly number[]): boolean {
  return values.length === count && values.every((value, index) => value === address + index);
}

const READERS = 3;

/**
 * Our own client, on a virtual clock; one read of a hundred is called off on its way. `done` is called at every
 * thousandth read. Rejects when a read fails by anything but silence.
 */
export async function damagedReads(
  reads: number,
  seed: number,
  done: (reads: number) => void = () => {},
): Promise<{ tally: Tally; lines: readonly Line[]; counters: BusCounters; hours: number }> {
  const timeoutMs = 300;
  // A single turn of the event loop is enough for streams in memory, and there are millions of them.
  const clock = new VirtualClock(0, 1);
  const random = seededRandom(seed);
  const lines: Line[] = [];
  const connect = async () => {
    const [ours, nearEnd] = duplexPair();
    const [farEnd, units] = duplexPair();
    units.on('data', (bytes: Buffer) => {
      for (const asked of rtuRequestsIn(bytes)) units.write(ownAddresses(asked));
    });
    // As late as a reply is thought possible at all, and not a moment less.
    const damage = onePercentEach([timeoutMs, 2 * timeoutMs], random);
    lines.push(damagingRelay(nearEnd, farEnd, { clock, damage }));
    return ours;
  };
  const log = { debug: () => {}, info: () => {}, warn: () => {} };
  const bus = new ModbusBus({ id: 'rtu1', connect, framing: rtuFraming(19_200), clock, log, timeoutMs });
  const tally: Tally = { right: 0, wrong: 0, lost: 0, calledOff: 0 };

  const readOnce = async () => {
    const asked = anyRead(random);
    const abort = new AbortController();
    if (random() < 0.01) clock.after('called off', 1 + Math.floor(random() * 5), () => abort.abort());
    try {
      const { values } = await bus.read(asked.unit, 'input', asked.address, asked.count, abort.signal);
      tally[isRight(asked, values) ? 'right' : 'wrong'] += 1;
    } catch (error) {
      // Four losses in a row, and a unit is left alone for a second.
      const isLoss = error instanceof AdapterError && (error.kind === 'timedOut' || error.kind === 'unreachable');
      if (!isLoss && !abort.signal.aborted) throw error;
      tally[abort.signal.aborted ? 'calledOff' : 'lost'] += 1;
    }
  };
  let over = false;
  let begun = 0;
  const readOnAndOn = async () => {
    while (begun < reads) {
      begun += 1;
      if (begun % 1000 === 0) done(begun);
      await readOnce();
    }
  };
  // Several at once, so that the bus lets others go first while it must wait for one.
  const reading = Promise.all(Array.from({ length: READERS }, readOnAndOn)).finally(() => {
    over = true;
  });
  while (!over) await clock.advance(60_000);
  await reading;
  await bus.stop();
  return { tally, lines, counters: bus.counters, hours: clock.monotonic() / 3_600_000 };
}
