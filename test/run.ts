/**
 * Runs the tests: `node test/run.ts [pattern...]`. A pattern is a part of a test file's path; without one all run.
 *
 * Pure tests share one process, since starting one for each of a hundred files takes longer than they do. Scenarios are
 * as pure, but live through hours: two files at a time use both cores. Those in test/integration open sockets and start
 * processes: each file has a process of its own, three at a time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { bundledCli } from './support/bundled-cli.ts';

type Kind = { readonly name: string; readonly how: string; readonly flags: readonly string[]; readonly testS: number };

const pure: Kind = { name: 'pure', how: 'in one process', flags: ['--test-isolation=none'], testS: 30 };
const atATime = (files: number) => ({
  how: `${files} at a time`,
  flags: ['--test-isolation=process', `--test-concurrency=${files}`],
});
const scenarios: Kind = { name: 'scenario', ...atATime(2), testS: 120 };
/** Mostly they wait for devices, meters and brokers. */
const integration: Kind = { name: 'integration', ...atATime(3), testS: 240 };
/** Build the Debian package and a bare root to install it in. */
const packaging: Kind = { name: 'package', ...atATime(2), testS: 600 };

/** For what no time-out of a single test can end: a loop that never yields, or a handle that is never closed. */
const RUN_MINUTES = 15;

const root = resolve(import.meta.dirname, '..');
const patterns = process.argv.slice(2);
const files = globSync('{protocol,firmware-adapters,agent,test}/**/*.test.ts', { cwd: root })
  .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
  .sort();

if (files.length === 0) {
  console.error(`no test file has ${patterns.join(' or ')} in its path`);
  process.exit(1);
}
const kindOf = (file: string): Kind => {
  if (file.startsWith('test/scenarios/')) return scenarios;
  if (file.startsWith('test/package/')) return packaging;
  return file.startsWith('test/integration/') ? integration : pure;
};
if (files.some((file) => file.startsWith('test/integration/')))
  process.env['BALLAST_TEST_CLI'] = await bundledCli('test');
const ofKind = (kind: Kind) => files.filter((file) => kindOf(file) === kind);
// The package mostly waits, and what goes on beside it lives on a virtual clock. Integration has the machine to itself.
const [calm, packaged] = await Promise.all([inTurn(pure, scenarios), run(packaging, 'at its end')]);
const passed = [...calm, packaged, await run(integration, 'at once')];
process.exit(passed.every(Boolean) ? 0 : 1);

async function inTurn(...kinds: readonly Kind[]): Promise<boolean[]> {
  const passed: boolean[] = [];
  for (const kind of kinds) passed.push(await run(kind, 'at once'));
  return passed;
}

/** @param shown when its output is. */
async function run(kind: Kind, shown: 'at once' | 'at its end'): Promise<boolean> {
  const { name, how, flags, testS } = kind;
  const some = ofKind(kind);
  if (some.length === 0) return true;
  const options = ['--test', '--test-reporter=spec', `--test-timeout=${testS * 1000}`, ...flags];
  const head = `\n${name} tests: ${some.length} files, ${how}`;
  console.log(shown === 'at once' ? head : `${head}; shown at their end`);
  const child = spawn(process.execPath, [...options, ...some], {
    cwd: root,
    stdio: ['ignore', shown === 'at once' ? 'inherit' : 'pipe', 'inherit'],
    timeout: RUN_MINUTES * 60_000,
  });
  const kept: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => kept.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (kept.length > 0) process.stdout.write(Buffer.concat([Buffer.from(`${head}\n`), ...kept]));
  if (code === null) console.error(`${name} tests: ended after ${RUN_MINUTES} minutes, or by a signal`);
  return code === 0;
}
