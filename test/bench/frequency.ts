/**
 * A recorded under-frequency event, 30 looks a second, replayed into a simulated meter over TCP and over a serial line
 * of 19200 baud. Seventeen trips lie in its way, each a miner's watts: from each crossing to the write that cuts it. The rack
 * is a process of its own, as a real one would be, and so is the agent; what lies between is all the agent's.
 */
import type { Hertz, Millis } from '#protocol/units.ts';
import type { Bench, Check } from './bench.ts';
import { quantile } from './bench.ts';
import { readCsv } from './csv.ts';
import { replayed } from './frequency/agent-process.ts';
import type { Look } from './frequency/rack-process.ts';
import type { Wire } from './frequency/rig.ts';

export const frequency: Bench = {
  name: 'frequency',
  what: 'from the crossing of a recorded event to the write, over TCP and RTU',
  run: async ({ data, say }) => {
    const rows = data === undefined ? undefined : await readCsv(data, FILE);
    if (!rows) return { kind: 'notRun', why: 'no data' };
    const looks = rows
      .map((row) => ({ s: Number(row['Time']), hz: Number(row['Bus1.F']) }))
      .filter(({ s }) => s >= FROM_S && s <= UNTIL_S);
    const checks: Check[] = [];
    const figures: Record<string, number> = {};
    for (const [name, wire] of WIRES) {
      say(`${COUNTED} trips over ${name}`);
      const times = await timesOver(wire, looks);
      checks.push(
        { what: `trips that cut, ${name}`, value: times.length, limit: COUNTED, better: 'higher' },
        {
          what: `decision and actuation at p99, ${name}, ms`,
          value: quantile(times.map(ours), 0.99),
          limit: 10,
          better: 'lower',
        },
      );
      for (const part of ['sample', 'wire', 'decision', 'actuation'] as const) {
        for (const share of [0.5, 0.99])
          figures[`${name}_${part}_p${share * 100}_ms`] = quantile(
            times.map((each) => each[part]),
            share,
          );
      }
    }
    return { kind: 'ran', checks, figures };
  },
};

const FILE = 'gmlc_underfrequency_event_30Hz.csv';
const FROM_S = 62;
const UNTIL_S = 73;
const WIRES: readonly [string, Wire][] = [
  ['tcp', { kind: 'tcp' }],
  ['rtu_19200', { kind: 'rtu', baud: 19_200 }],
];
/** The first, above the event's own, finds the code cold; an agent rehearses when it starts. It is not counted. */
const THRESHOLDS: readonly Hertz[] = Array.from({ length: 18 }, (_, i) => (5996 - i) / 100);
const COUNTED = THRESHOLDS.length - 1;

/**
 * `sample`: from the crossing until the look that decides is asked for, which is the second, since a trip needs two;
 * `wire`: until it has come.
 */
type Times = Readonly<Record<'sample' | 'wire' | 'decision' | 'actuation', Millis>>;

function ours({ decision, actuation }: Times): Millis {
  return decision + actuation;
}

async function timesOver(wire: Wire, looks: readonly Look[]): Promise<Times[]> {
  const { cuts, crossings } = await replayed({ wire, looks, thresholds: THRESHOLDS });
  return cuts.slice(1).flatMap(({ order, askedAt, seenAt, decidedAt, wroteAt }) => {
    // Where it was back above before there were two looks, nothing was to be done yet.
    const at = crossings[Number(order.slice('o-'.length))]?.findLast((crossedAt) => crossedAt < seenAt);
    if (at === undefined || wroteAt === undefined) return [];
    const sample = Math.max(0, askedAt - at);
    return [{ sample, wire: seenAt - at - sample, decision: decidedAt - seenAt, actuation: wroteAt - decidedAt }];
  });
}
