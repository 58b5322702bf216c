/** How long a write waits on a line that is read without a pause, from being asked to its first byte on the wire. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Millis } from '#protocol/units.ts';
import { seededRandom } from '#test/support/damaging-relay.ts';
import { lineNow, openLine } from './open-line.ts';

export type WriteWait = {
  waitsMs: readonly Millis[];
  /** The longest time from one read to the next in the same run. */
  transactionMs: Millis;
};

const WRITE_COIL = 5;

/** Reads of `registers`, and writes that come at every moment of them. */
export async function writeWait(baud: number, registers: number, writes: number): Promise<WriteWait> {
  const line = await openLine(baud);
  const { bus, heard } = line;
  let running = true;
  const poll = async (unit: number) => {
    // A read that a write dropped is asked for again at once.
    while (running) await bus.read(unit, 'input', 100 * unit, registers).catch(() => {});
  };
  const polls = [1, 2, 3, 4].map(poll);
  const random = seededRandom(baud);
  const asked: Millis[] = [];
  for (let write = 0; write < writes; write++) {
    await sleep(20 + random() * 200);
    asked.push(lineNow());
    await bus.writeCoil(9, write, write % 2 === 0, write % 2 === 0 ? 'raise' : 'lower');
  }
  running = false;
  await Promise.all(polls);
  await line.close();
  const arrived = heard.filter(({ functionCode }) => functionCode === WRITE_COIL).map(({ at }) => at);
  if (arrived.length !== asked.length) throw new Error(`${arrived.length} of ${asked.length} writes were heard`);
  const pairs = heard.slice(1).flatMap((next, index) => {
    const before = heard[index];
    return before && [before, next].every(({ functionCode }) => functionCode !== WRITE_COIL)
      ? [next.at - before.at]
      : [];
  });
  return {
    waitsMs: arrived.map((at, index) => at - (asked[index] ?? 0)),
    transactionMs: Math.max(...pairs),
  };
}
