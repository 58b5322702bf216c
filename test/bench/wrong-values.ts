/**
 * Values that were believed and are wrong: a million reads over a line that delays past the time-out, doubles, drops,
 * cuts, flips and adds bytes, 1 % of the replies each, in memory and on a virtual clock. Beside it modbus-serial and we
 * ourselves read on through the same relay over a real terminal, in real time.
 */
import { damagedReads } from '#test/support/damaged-reads.ts';
import type { Bench, Outcome, Surroundings } from './bench.ts';
import { overTerminal } from './wrong-values/over-terminal.ts';
import { ownClient } from './wrong-values/own-client.ts';
import { peerClient } from './wrong-values/peer-client.ts';

export const wrongValues: Bench = {
  name: 'wrong-values',
  what: '1,000,000 RTU reads over a line that damages 6 % of the replies, against modbus-serial 8.0.25',
  run: async ({ say }) => await compare(say),
};

const READS = 1_000_000;
/** In real time, of each client. */
const READS_BESIDE = 2000;
const SEED = 2026;

async function compare(say: Surroundings['say']): Promise<Outcome> {
  say(`modbus-serial, ${READS_BESIDE} reads over a terminal`);
  const peer = await overTerminal(READS_BESIDE, SEED, peerClient);
  say(`Ballast, ${READS_BESIDE} reads over a terminal`);
  const beside = await overTerminal(READS_BESIDE, SEED, ownClient);
  say(`Ballast, ${READS} reads in memory`);
  const { tally, lines, hours } = await damagedReads(READS, SEED, (read) => {
    if (read % 100_000 === 0) say(`${read} read`);
  });
  const damaged = lines.flatMap(({ done }) => Object.values(done)).reduce((sum, times) => sum + times, 0);
  return {
    kind: 'ran',
    checks: [
      { what: `wrong values of ${READS} reads`, value: tally.wrong, limit: 0, better: 'lower' },
      { what: 'reads believed', value: tally.right, limit: 0.9 * READS, better: 'higher' },
      { what: 'replies damaged', value: damaged, limit: 0.05 * READS, better: 'higher' },
      { what: `wrong values of ${READS_BESIDE} over a terminal`, value: beside.wrong, limit: 0, better: 'lower' },
    ],
    figures: {
      'reads lost': tally.lost,
      'reads called off on their way': tally.calledOff,
      'hours on the line': hours,
      [`of ${READS_BESIDE} over a terminal, right`]: beside.right,
      [`of ${READS_BESIDE} over a terminal, lost`]: beside.lost,
      [`modbus-serial, of ${READS_BESIDE}, wrong`]: peer.wrong,
      [`modbus-serial, of ${READS_BESIDE}, right`]: peer.right,
      [`modbus-serial, of ${READS_BESIDE}, lost`]: peer.lost,
    },
  };
}
