/** `ballast events`: what the rack did and noticed, in its own words to the site. */
import { Command } from 'commander';
import type { RackEvent } from '#protocol/lifecycle.ts';
import { attend } from './attend.ts';
import { eventsOf } from './events/asked.ts';
import { formatEvent } from './events/render.ts';
import { usageFailure } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import type { LocalOptions } from './local-agent.ts';
import { agentOf, withLocalOptions } from './local-agent.ts';
import type { Verb } from './tools.ts';

type Options = LocalOptions & { follow?: true; last?: string; json?: true };

const AGAIN_MS = 1000;

export const eventsVerb: Verb = ({ terminal, clock }) =>
  withLocalOptions(new Command('events').description('what the rack did and noticed since its agent started'))
    .option('-f, --follow', 'go on with what happens, until Ctrl-C')
    .option('-n, --last <number>', 'begin with the last so many (default: all that are kept, 500 at the most)')
    .option('--json', 'print JSON, one event a line')
    .action(async ({ follow, last, json, ...options }: Options) => {
      const most = last === undefined ? Number.POSITIVE_INFINITY : Number(last);
      if (!(most >= 0)) throw usageFailure(`--last ${last} is no number`, 'write how many, such as --last 20');
      const interrupted = interruptSignal();
      const news = eventsOf(await agentOf(options, clock, interrupted));
      const tell = (events: readonly RackEvent[]) => {
        for (const event of events) terminal.out(json ? JSON.stringify(event) : formatEvent(event, terminal));
      };
      const kept = await news();
      tell(kept.slice(Math.max(0, kept.length - most)));
      if (!follow) return;
      await attend(async () => tell(await news()), {
        everyMs: AGAIN_MS,
        clock,
        interrupted,
        away: (why) => terminal.note(`${why}: waiting for it`),
        back: () => terminal.note('the agent answers again'),
      });
    });
