/** `ballast manual`: the agent leaves the rack alone for a while. */
import { Command } from 'commander';
import * as z from 'zod';
import { timestampOf } from '#protocol/time.ts';
import { usageFailure } from './failure.ts';
import type { LocalOptions } from './local-agent.ts';
import { agentOf, withLocalOptions } from './local-agent.ts';
import { parseDuration } from './order/quantities.ts';
import type { Verb } from './tools.ts';

const answer = z.object({ manualUntil: z.number().exactOptional() });

export const manualVerb: Verb = ({ terminal, clock }) =>
  withLocalOptions(
    new Command('manual')
      .description('run the rack by hand: the agent touches nothing, whatever is ordered')
      .option('--for <span>', 'how long, such as 2h', parseDuration)
      .option('--off', 'give the rack back to the agent'),
  ).action(async (options: LocalOptions & { for?: number; off?: true }) => {
    if ((options.for === undefined) === (options.off === undefined))
      throw usageFailure('it is not said for how long', 'write either --for SPAN, such as --for 2h, or --off');
    const agent = await agentOf(options, clock);
    const { manualUntil } = answer.parse(await agent.ask('manual', { forS: options.for ?? 0 }));
    terminal.out(
      manualUntil === undefined ? 'the agent runs the rack' : `run by hand until ${timestampOf(manualUntil)}`,
    );
  });
