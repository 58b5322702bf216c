/** `ballast record`: keeps the last day of what the agent saw and decided, for `ballast replay`. */
import { Command } from 'commander';
import * as z from 'zod';
import { usageFailure } from './failure.ts';
import type { LocalOptions } from './local-agent.ts';
import { agentOf, withLocalOptions } from './local-agent.ts';
import type { Verb } from './tools.ts';

const answer = z.object({
  on: z.boolean(),
  folder: z.string(),
  files: z.array(z.object({ file: z.string(), bytes: z.number() })),
});

export const recordVerb: Verb = ({ terminal, clock }) =>
  withLocalOptions(
    new Command('record')
      .description('keep the last day of what the agent sees and decides, a file an hour; without --on or --off: tell')
      .option('--on', 'record from now on, over restarts too')
      .option('--off', 'record no longer; what is there stays')
      .option('--json', 'print JSON'),
  ).action(async ({ on, off, json, ...options }: LocalOptions & { on?: true; off?: true; json?: true }) => {
    if (on && off)
      throw usageFailure('recording cannot be both on and off', 'write either --on or --off, or neither to be told');
    const agent = await agentOf(options, clock);
    const asked = on || off ? { on: on === true } : {};
    const recording = answer.parse(await agent.ask('record', asked));
    terminal.out(json ? JSON.stringify(recording) : formatRecording(recording));
  });

function formatRecording({ on, folder, files }: z.infer<typeof answer>): string {
  const state = on ? 'recording' : 'not recording';
  if (files.length === 0) return `${state}; nothing is kept yet${on ? '' : ': switch it on with --on'}`;
  const kilobytes = Math.ceil(files.reduce((sum, each) => sum + each.bytes, 0) / 1000);
  const kept = `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${kilobytes} kB`;
  return `${state}; ${kept} in ${folder}\nwhat today’s code would decide on them: ballast replay FILE...`;
}
