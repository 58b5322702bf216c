/**
 * `npm run captures -- DIR`: replays a folder of recorded replies (`index.json` in it lists them) to the adapters, and
 * prints what agrees with the expectations of those who published them, and every difference. Exits with 1 when a
 * difference has no reason in the list of known ones, with 2 without a folder.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { adapters } from '#adapters/registry.ts';
import { systemClock } from '#agent/platform/clock.ts';
import type { Difference, Verdict } from './check.ts';
import { checkCase } from './check.ts';
import { readFolder } from './folder.ts';
import { known } from './known.ts';

const folder = process.argv[2];
if (folder === undefined || !existsSync(join(folder, 'index.json'))) {
  console.error('usage: npm run captures -- DIR    a folder with an index.json of recorded replies');
  process.exit(2);
}

const cases = readFolder(folder);
const verdicts: Verdict[] = [];
for (const each of cases) {
  const verdict = await checkCase(each, { adapters, known, clock: systemClock });
  verdicts.push(verdict);
  tell(each.id, verdict);
}
process.exit(summarise(verdicts) ? 0 : 1);

function tell(id: string, verdict: Verdict): void {
  if (verdict.kind === 'no adapter') {
    console.log(styleText('dim', `-   ${id}: no adapter for ${verdict.firmware}`));
    return;
  }
  const { adapter, matches, differences, notCompared } = verdict;
  if (matches + differences.length === 0) {
    console.log(styleText('dim', `-   ${id} (${adapter}): nothing of what it expects is read`));
    return;
  }
  const isFine = differences.every(({ reason }) => reason !== undefined);
  const mark = isFine ? styleText('green', 'ok ') : styleText('red', 'BAD');
  console.log(
    `${mark} ${id} (${adapter}): ${matches} of ${matches + differences.length} as expected, ${notCompared.length} not read`,
  );
  for (const difference of differences) console.log(`      ${worded(difference)}`);
}

function worded({ field, found, wanted, failure, reason }: Difference): string {
  const what = `${field}: ${failure ?? JSON.stringify(found) ?? 'absent'}, expected ${JSON.stringify(wanted)}`;
  return reason === undefined ? styleText('red', what) : `${what}\n        ${styleText('dim', reason)}`;
}

function summarise(all: readonly Verdict[]): boolean {
  const compared = all.filter((verdict) => verdict.kind === 'compared');
  const differences = compared.flatMap((verdict) => verdict.differences);
  const unexplained = differences.filter(({ reason }) => reason === undefined);
  const matches = compared.reduce((sum, verdict) => sum + verdict.matches, 0);
  const peers = new Set(cases.map(({ id }) => id.split('/')[0]));
  const used = new Set(compared.flatMap((verdict) => verdict.used));
  const stale = known.filter((entry) => peers.has(entry.peer) && !used.has(entry));
  console.log(
    `\n${compared.length} of ${all.length} cases have an adapter; ${matches + differences.length} fields compared, ` +
      `${matches} as expected, ${differences.length - unexplained.length} known differences, ${unexplained.length} others`,
  );
  for (const { peer, adapter, field } of stale) {
    console.log(styleText('red', `no longer different: ${peer}, ${adapter}, ${field}; take it off the list`));
  }
  return unexplained.length === 0 && stale.length === 0;
}
