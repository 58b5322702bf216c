/** `ballast explain [DEVICE]`: why the rack, or one device, is set as it is. */
import { Command } from 'commander';
import * as z from 'zod';
import { formatLinks } from './explain/render.ts';
import type { LocalOptions } from './local-agent.ts';
import { agentOf, withLocalOptions } from './local-agent.ts';
import type { Verb } from './tools.ts';

const answer = z.object({ links: z.array(z.object({ about: z.string(), says: z.array(z.string()) })) });

export const explainVerb: Verb = ({ terminal, clock }) =>
  withLocalOptions(
    new Command('explain')
      .description('why the rack or a device is set as it is, from the orders to the setting')
      .argument('[device]', 'down to this device')
      .option('--json', 'print JSON'),
  ).action(async (device: string | undefined, { json, ...options }: LocalOptions & { json?: true }) => {
    const agent = await agentOf(options, clock);
    const { links } = answer.parse(await agent.ask('explain', { ...(device !== undefined && { device }) }));
    terminal.out(json ? JSON.stringify(links) : formatLinks(links, terminal));
  });
