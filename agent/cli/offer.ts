/** `ballast offer`: what this rack could give up and take on now, as a bid curve. */
import { Command } from 'commander';
import { Failure } from './failure.ts';
import type { LocalOptions } from './local-agent.ts';
import { agentOf, withLocalOptions } from './local-agent.ts';
import { formatOffer } from './offer/render.ts';
import { rackStatus } from './status/rack-status.ts';
import { wholeAnswer } from './status.ts';
import type { Verb } from './tools.ts';

export const offerVerb: Verb = ({ terminal, clock }) =>
  withLocalOptions(new Command('offer').description('what this rack could give and take now: watts against price'))
    .option('--json', 'print JSON')
    .action(async ({ json, ...options }: LocalOptions & { json?: true }) => {
      const { rack, info } = rackStatus(await wholeAnswer(await agentOf(options, clock)));
      if (!info) throw new Failure('the agent has not said yet what its rack can do', 'ask again in a few seconds');
      const { rated_w, down_w, up_w, down_s, up_s, for_s, down_curve, up_curve } = info;
      const whyNone = { down_why_none: info.down_why_none ?? null, up_why_none: info.up_why_none ?? null };
      const offered = { rated_w, down_w, up_w, down_s, up_s, ...whyNone, for_s, down_curve, up_curve };
      terminal.out(json ? JSON.stringify({ rack, ...offered }) : formatOffer(rack, offered, terminal));
    });
