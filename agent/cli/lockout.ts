/** `ballast lockout`: hands are inside these devices; nobody wakes them until they are released here. Puts none to sleep. */
import { Command } from 'commander';
import * as z from 'zod';
import type { LocalOptions } from './local-agent.ts';
import { agentOf, withLocalOptions } from './local-agent.ts';
import type { Verb } from './tools.ts';

const answer = z.object({ lockedOut: z.array(z.string()), awake: z.array(z.string()) });

export const lockoutVerb: Verb = ({ terminal, clock }) =>
  withLocalOptions(
    new Command('lockout')
      .description('keep devices asleep while people work on them: no order and no return wakes them')
      .argument('<device...>', 'ids of devices, as in the config')
      .option('--clear', 'the hands are out: the devices may wake again'),
  ).action(async (devices: string[], options: LocalOptions & { clear?: true }) => {
    const agent = await agentOf(options, clock);
    const { lockedOut, awake } = answer.parse(await agent.ask('lockout', { devices, locked: !options.clear }));
    terminal.out(lockedOut.length > 0 ? `locked out: ${lockedOut.join(', ')}` : 'no device is locked out');
    if (awake.length > 0)
      terminal.note(`not asleep: ${awake.join(', ')}; lockout wakes nothing, but puts nothing to sleep: do that first`);
  });
