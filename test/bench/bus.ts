/**
 * A bus against the limits of its wire: our client on the serial library and a pseudo-terminal, at whose other end a
 * process lets every byte take its time and answers without a turnaround (`bus/line.ts`).
 */
import type { Bench, Outcome, Surroundings } from './bench.ts';
import { quantile } from './bench.ts';
import { coalescing } from './bus/coalescing.ts';
import { deadUnit } from './bus/dead-unit.ts';
import { throughput } from './bus/throughput.ts';
import { gapMsAt } from './bus/wire-time.ts';
import { writeWait } from './bus/write-wait.ts';

export const busBench: Bench = {
  name: 'bus',
  what: 'transactions against the limit of the wire, what a write waits, one dead unit of eight, coalescing',
  run: async ({ say }) => await measure(say),
};

/** What a meter's fast points take, and what all of them do, in one read. */
const SHORT = 10;
const LONG = 40;
const WRITES = 100;

async function measure(say: Surroundings['say']): Promise<Outcome> {
  const rates = [];
  for (const baud of [9600, 19_200, 115_200]) {
    say(`eight meters at ${baud} baud`);
    const [long, short] = [await throughput(baud, LONG, 10), await throughput(baud, SHORT, 10)];
    rates.push({ baud, long, short });
  }
  say(`${WRITES} writes between reads`);
  const { waitsMs, transactionMs } = await writeWait(19_200, LONG, WRITES);
  say('one dead unit of eight');
  const dead = await deadUnit(19_200, SHORT, 40);
  say('eight meters of forty points');
  const once = await coalescing(19_200);
  return {
    kind: 'ran',
    checks: [
      ...rates.map(({ baud, long }) => ({
        what: `of the wire limit at ${baud} baud, ${LONG} registers a read`,
        value: long.ofLimit,
        limit: 0.95,
        better: 'higher' as const,
      })),
      {
        what: 'shortest silence before a request, of the 3.5 characters',
        value: Math.min(
          ...rates.map(({ baud, long, short }) => Math.min(long.silenceMs, short.silenceMs) / gapMsAt(baud)),
        ),
        limit: 1,
        better: 'higher',
      },
      {
        what: 'longest wait of a write, in transactions',
        value: Math.max(...waitsMs) / transactionMs,
        limit: 1,
        better: 'lower',
      },
      {
        what: 'of the bus lost to one dead unit of eight, from its death on',
        value: 1 - dead.besideDeadPerSecond / dead.sevenPerSecond,
        limit: 0.1,
        better: 'lower',
      },
      {
        what: 'of the least wire time, 8 meters of 40 points',
        value: once.tookMs / once.bestMs,
        limit: 1.2,
        better: 'lower',
      },
    ],
    figures: {
      ...Object.fromEntries(rates.map(({ baud, long }) => [`transactions a second at ${baud} baud`, long.perSecond])),
      ...Object.fromEntries(
        rates.map(({ baud, short }) => [`of the limit at ${baud} baud, ${SHORT} registers a read`, short.ofLimit]),
      ),
      'ms that a write waits, median': quantile(waitsMs, 0.5),
      'ms that a write waits, p99': quantile(waitsMs, 0.99),
      'ms of a transaction': transactionMs,
      'reads a second of seven units': dead.sevenPerSecond,
      'reads a second of seven beside a dead one': dead.besideDeadPerSecond,
      'ms for 8 meters of 40 points': once.tookMs,
      'requests for them': once.requests,
    },
  };
}
