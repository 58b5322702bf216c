/** The options that name a rack's two files. */
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';

export type FileOptions = { config: string; policy?: string };

export function withFileOptions(command: Command): Command {
  return command
    .addOption(configOption('what is there'))
    .option('-p, --policy <file>', 'what no order can change (default: policy.yaml beside the config)');
}

/** The packaged command line sets the variable, so that it need not be named there. */
export function configOption(what: string): Option {
  return new Option('-c, --config <file>', what).env('BALLAST_CONFIG').default('config.yaml');
}

export function filesOf({ config, policy }: FileOptions): { config: string; policy: string } {
  return { config, policy: policy ?? join(dirname(config), 'policy.yaml') };
}
