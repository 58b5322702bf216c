/** What an order asks that cannot be had, and by how many watts. */
import type { Level } from '../demand/level.ts';
import type { Plan } from '../plan.ts';

/** Sums of nameplates are not told apart by less. */
const LEAST_W = 1;

export function impossible(
  { kind, watts }: Level,
  { leastW, mostW, levelW, why }: Pick<Plan, 'leastW' | 'mostW' | 'levelW' | 'why'>,
): string | undefined {
  const over = leastW - watts;
  if (kind !== 'atLeast' && over >= LEAST_W) {
    return `impossible by ${Math.round(over)} W: what may not go further down draws ${Math.round(leastW)} W`;
  }
  const allowedW = Math.min(mostW, levelW ?? mostW);
  const under = watts - allowedW;
  if (kind === 'atMost' || under < LEAST_W) return undefined;
  const limit = allowedW < mostW ? why : `all that is there draws ${Math.round(mostW)} W at the most`;
  return `impossible by ${Math.round(under)} W: ${limit}`;
}
