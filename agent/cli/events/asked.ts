/** The agent's events, asked for: each is handed on once, also after another start of the agent. */
import * as z from 'zod';
import type { RackEvent } from '#protocol/lifecycle.ts';
import { rackEvent } from '#protocol/lifecycle.ts';
import type { LocalAgent } from '../local-agent.ts';

const page = z.object({
  boot: z.int(),
  events: z.array(rackEvent.extend({ n: z.int() })),
  more: z.boolean(),
});

/** Asks for what has come since the last time; the first time for all that is kept. */
export function eventsOf(agent: LocalAgent): () => Promise<RackEvent[]> {
  let seen: { boot?: number; after?: number } = {};
  return async () => {
    const news: RackEvent[] = [];
    for (let goesOn = true; goesOn; ) {
      const { boot, events, more } = page.parse(await agent.ask('events', seen));
      const last = events.at(-1);
      if (last) seen = { boot, after: last.n };
      news.push(...events.map(({ n: _n, ...event }) => event));
      goesOn = more;
    }
    return news;
  };
}
