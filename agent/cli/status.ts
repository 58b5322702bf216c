/** `ballast status`: what the agent that runs here says about its rack. */
import { Command } from 'commander';
import type { LocalAgent, LocalOptions } from './local-agent.ts';
import { agentOf, withLocalOptions } from './local-agent.ts';
import type { StatusAnswer } from './status/rack-status.ts';
import { rackStatus, statusAnswer } from './status/rack-status.ts';
import { formatStatus } from './status/render.ts';
import type { Verb } from './tools.ts';

type Options = LocalOptions & { json?: true };

export const statusVerb: Verb = ({ terminal, clock }) =>
  withLocalOptions(new Command('status').description('what the agent that runs here says about its rack'))
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const agent = await agentOf(options, clock);
      const answer = await wholeAnswer(agent);
      const status = rackStatus(answer);
      terminal.out(options.json ? JSON.stringify(answer) : formatStatus(status, clock.wall(), terminal));
    });

/** The agent answers in pages: a large rack's words do not fit into one frame. */
export async function wholeAnswer(agent: LocalAgent): Promise<Omit<StatusAnswer, 'more'>> {
  const topics: StatusAnswer['topics'] = {};
  for (let after: string | undefined; ; ) {
    const { more, ...page } = statusAnswer.parse(await agent.ask('status', { ...(after !== undefined && { after }) }));
    Object.assign(topics, page.topics);
    after = Object.keys(page.topics).at(-1);
    if (!more || after === undefined) return { ...page, topics };
  }
}
