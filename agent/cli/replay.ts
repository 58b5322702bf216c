/** `ballast replay FILE...`: what this version would have decided on a recorded day, where that is something else. */
import { Command } from 'commander';
import { loadPolicy } from '#agent/config/load.ts';
import type { Policy } from '#agent/config/policy.ts';
import { formatProblem } from '#agent/config/problem.ts';
import { readRecording, recordingsIn } from '#agent/platform/recordings.ts';
import type { Line } from '#agent/replay/recording.ts';
import { readLine } from '#agent/replay/recording.ts';
import { replay } from '#agent/replay/replay.ts';
import { Failure } from './failure.ts';
import { formatReplay } from './replay/render.ts';
import type { Verb } from './tools.ts';

type Options = { policy?: string; json?: true };

export const replayVerb: Verb = ({ terminal }) =>
  new Command('replay')
    .description('decide a recorded day anew and print where the plan differs; exits 1 when it does')
    .argument('<file...>', 'recordings, or a folder of them')
    .option('-p, --policy <file>', 'by this policy instead of the recorded ones')
    .option('--json', 'print JSON, one object a file')
    .action(async (paths: string[], { policy, json }: Options) => {
      const instead = policy === undefined ? undefined : await policyOf(policy);
      const files = (await Promise.all(paths.map(recordingsIn))).flat();
      if (files.length === 0)
        throw new Failure(`no recording in ${paths.join(', ')}`, 'record with `ballast record --on`');
      let differing = 0;
      for (const file of files) {
        const replayed = replay(await linesOf(file), instead);
        if (!replayed) throw new Failure(`${file} does not begin with the beginning of a recording`, NO_RECORDING);
        terminal.out(json ? JSON.stringify({ file, ...replayed }) : formatReplay(file, replayed, terminal));
        if (replayed.differences.length > 0) differing += 1;
      }
      if (differing > 0)
        throw new Failure(`the plan differs in ${differing} of ${files.length} files`, 'where and how stands above');
    });

const NO_RECORDING = 'name files that `ballast record` has kept, or their folder';

async function linesOf(file: string): Promise<Line[]> {
  return (await readRecording(file)).map((text, i) => {
    const read = readLine(text);
    if (read.kind === 'bad') throw new Failure(`${file}, line ${i + 1}: ${read.why}`, NO_RECORDING);
    return read.line;
  });
}

async function policyOf(file: string): Promise<Policy> {
  const loaded = await loadPolicy(file);
  if (loaded.kind === 'bad')
    throw new Failure(loaded.problems.map(formatProblem).join('\n'), 'mend it, or name another --policy');
  return loaded.value.policy;
}
