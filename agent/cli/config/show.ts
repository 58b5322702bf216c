/** `ballast config show`: what the two files say, as the agent reads them. */
import { Command } from 'commander';
import { parse, stringify } from 'yaml';
import { readText } from '#agent/config/files.ts';
import { readConfig } from '#agent/config/load.ts';
import { policySchema } from '#agent/config/policy.ts';
import type { Bad } from '#agent/config/problem.ts';
import { formatProblem } from '#agent/config/problem.ts';
import { readYamlFile } from '#agent/config/yaml-file.ts';
import { Failure } from '../failure.ts';
import type { FileOptions } from '../files.ts';
import { filesOf, withFileOptions } from '../files.ts';
import type { Verb } from '../tools.ts';
import { withoutSecrets } from './without-secrets.ts';

type Options = FileOptions & { resolved?: true; json?: true };

export const showVerb: Verb = ({ terminal }) =>
  withFileOptions(new Command('show').description('what the two files say; secrets are left out'))
    .option('--resolved', 'with every default filled in, and paths as the agent takes them')
    .option('--json', 'print JSON')
    .action(async ({ resolved, json, ...options }: Options) => {
      const files = filesOf(options);
      // Only what is a config is shown: a file that was named by mistake may be a key.
      const config = good(await readConfig(files.config)).value.config;
      const policy = good(await readYamlFile(files.policy, policySchema)).value;
      const said = resolved
        ? { config, policy }
        : { config: await written(files.config), policy: await written(files.policy) };
      const shown = withoutSecrets(said) as typeof said;
      if (json) return terminal.out(JSON.stringify(shown));
      terminal.out(`# ${files.config}\n${stringify(shown.config)}---\n# ${files.policy}\n${stringify(shown.policy)}`);
    });

function good<Read extends { kind: 'ok' }>(read: Read | Bad): Read {
  if (read.kind === 'ok') return read;
  throw new Failure(read.problems.map(formatProblem).join('\n'), 'ballast config check looks at all of it');
}

async function written(file: string): Promise<unknown> {
  const read = await readText(file);
  if (read.kind === 'bad') throw new Failure(read.message, read.hint);
  return parse(read.text);
}
