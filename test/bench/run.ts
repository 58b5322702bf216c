/**
 * Runs one bench: `npm run bench <name> [-- --data DIR]`. People get a table; the last line is one JSON object for
 * machines. Exits with 1 when a check is not ok, with 2 when there is no such bench.
 */
import { parseArgs, styleText } from 'node:util';
import type { Bench, Check, Outcome } from './bench.ts';
import { isOk } from './bench.ts';
import { busBench } from './bus.ts';
import { commandPath } from './command-path.ts';
import { consoleBench } from './console.ts';
import { counterweight } from './counterweight.ts';
import { decideBench } from './decide.ts';
import { fanOut } from './fan-out.ts';
import { footprint } from './footprint.ts';
import { frequency } from './frequency.ts';
import { gpuPath } from './gpu-path.ts';
import { market } from './market.ts';
import { placement } from './placement.ts';
import { tracking } from './tracking.ts';
import { wrongValues } from './wrong-values.ts';

const benches: readonly Bench[] = [
  busBench,
  commandPath,
  consoleBench,
  counterweight,
  decideBench,
  fanOut,
  footprint,
  frequency,
  gpuPath,
  market,
  placement,
  tracking,
  wrongValues,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, minutes: { type: 'string' } },
});
const bench = benches.find(({ name }) => name === positionals[0]);
if (!bench) {
  const known = benches.map(({ name, what }) => `  ${name.padEnd(16)}${what}`).join('\n');
  console.error(`${positionals[0] ? `there is no bench ${positionals[0]}` : 'which bench?'}  Known are:\n${known}`);
  process.exit(2);
}

console.log(styleText('bold', `${bench.name}: ${bench.what}`));
const outcome = await bench.run({
  data: values.data,
  ...(values.minutes !== undefined && { minutes: Number(values.minutes) }),
  say: (progress) => console.log(styleText('dim', progress)),
});
tell(bench.name, outcome);
process.exit(outcome.kind === 'notRun' || outcome.checks.every(isOk) ? 0 : 1);

function tell(name: string, outcome: Outcome): void {
  if (outcome.kind === 'notRun') {
    console.log(JSON.stringify({ bench: name, not_run: outcome.why }));
    return;
  }
  const { checks, figures } = outcome;
  const width = Math.max(...[...checks.map(({ what }) => what), ...Object.keys(figures)].map(({ length }) => length));
  for (const check of checks) console.log(line(check, width));
  for (const [what, value] of Object.entries(figures)) console.log(`      ${what.padEnd(width)}  ${shown(value)}`);
  const judged = checks.map((check) => ({ ...check, value: rounded(check.value), ok: isOk(check) }));
  const measured = Object.fromEntries(Object.entries(figures).map(([what, value]) => [what, rounded(value)]));
  console.log(JSON.stringify({ bench: name, checks: judged, figures: measured }));
}

function line(check: Check, width: number): string {
  const { what, value, limit, better } = check;
  const verdict = isOk(check) ? styleText('green', 'ok  ') : styleText('red', 'MISS');
  return `${verdict}  ${what.padEnd(width)}  ${shown(value)}  at ${better === 'lower' ? 'most' : 'least'} ${limit}`;
}

function shown(value: number): string {
  return String(rounded(value)).padStart(10);
}

/** Three decimals say more than any of these measurements can. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
