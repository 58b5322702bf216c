/** What one dead unit of eight costs the other seven, from the moment it dies. */
import { openLine } from './open-line.ts';
import { readAll } from './throughput.ts';

export type DeadUnit = { sevenPerSecond: number; besideDeadPerSecond: number };

const seven = [1, 2, 3, 4, 5, 6, 7];
const EIGHTH = 8;

export async function deadUnit(baud: number, registers: number, seconds: number): Promise<DeadUnit> {
  const alone = await openLine(baud);
  const { perSecond: sevenPerSecond } = await readAll(alone, seven, registers, seconds / 2);
  await alone.close();
  const line = await openLine(baud, { [EIGHTH]: 3 });
  await readAll(line, [...seven, EIGHTH], registers, 3);
  const { perSecond } = await readAll(line, [...seven, EIGHTH], registers, seconds);
  await line.close();
  return { sevenPerSecond, besideDeadPerSecond: perSecond };
}
