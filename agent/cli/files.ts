/** The options that name a rack's two files. */
import { dirname, join } from 'node:path';
import type { Command } from 'commander';

export type FileOptions = { config: string; policy?: string };

export function withFileOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'what is there', 'config.yaml')
    .option('-p, --policy <file>', 'what no order can change (default: policy.yaml beside the config)');
}

export function filesOf({ config, policy }: FileOptions): { config: string; policy: string } {
  return { config, policy: policy ?? join(dirname(config), 'policy.yaml') };
}
