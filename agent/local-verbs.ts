/** What the command line may ask of the agent of this machine, over the local socket. */
import * as z from 'zod';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import { topics } from '#protocol/topics.ts';
import { seconds } from '#protocol/units.ts';
import type { Agent } from './parts.ts';
import type { Clock } from './platform/clock.ts';
import type { LocalHandler } from './platform/local-socket.ts';
import { LocalError, localVerb } from './platform/local-socket.ts';
import { technicianVerbs } from './technician/verbs.ts';

/** An answer has to fit into one frame of 64 KiB. */
const PAGE_BYTES = 40_000;

const lockout = z.strictObject({ devices: z.array(z.string()).min(1), locked: z.boolean() });
/** `from`: how many results the asker has. */
const commission = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('begin'), devices: z.array(z.string()) }),
  z.strictObject({ do: z.literal('look'), from: z.int().nonnegative() }),
  z.strictObject({ do: z.literal('end') }),
  z.strictObject({ do: z.literal('observe'), on: z.boolean() }),
]);
/** In one answer. */
const MOST_RESULTS = 50;
const events = z.strictObject({ boot: z.int().exactOptional(), after: z.int().nonnegative().exactOptional() });
const manual = z.strictObject({ forS: seconds });

export function localVerbs(
  running: Promise<Agent>,
  clock: Clock,
  maps: () => Promise<readonly RegisterMap[]>,
): Record<string, LocalHandler> {
  return {
    ...technicianVerbs(running, clock, maps),
    /** `after` is the last topic of the page before; `more` says that there is another page. */
    status: localVerb(z.strictObject({ after: z.string().exactOptional() }), async ({ after }) => {
      const agent = await running;
      const { rackId, brokers, trying, board } = agent.status();
      const { lockedOut, manualUntil } = agent.local;
      const people = { locked_out: lockedOut, manual_until: manualUntil ?? null, trying: trying ?? null };
      return {
        rack: rackId,
        brokers: brokers.map(({ ageMs, ...rest }) => ({ ...rest, age_ms: ageMs ?? null })),
        ...people,
        ...page(board, after),
      };
    }),
    /** Those behind number `after` of the same `boot`; of another one, all that are kept. */
    events: localVerb(events, async ({ boot, after = 0 }) => {
      const agent = await running;
      return { boot: agent.boot, ...eventPage(agent.events.after(boot === agent.boot ? after : 0)) };
    }),
    explain: localVerb(z.strictObject({ device: z.string().exactOptional() }), async ({ device }) => {
      const agent = await running;
      if (device !== undefined) mustKnow(agent, [device]);
      return { links: agent.explain(device) };
    }),
    lockout: localVerb(lockout, async ({ devices, locked }) => {
      const agent = await running;
      mustKnow(agent, devices);
      const others = agent.local.lockedOut.filter((device) => !devices.includes(device));
      const lockedOut = locked ? [...others, ...new Set(devices)].sort() : others;
      await agent.setLocal(
        { ...agent.local, lockedOut },
        `${devices.join(', ')} ${locked ? 'locked out' : 'released'} by hand`,
      );
      return { lockedOut, awake: locked ? devices.filter((device) => !isAsleep(agent, device)) : [] };
    }),
    /** Without `on` only tells. */
    record: localVerb(z.strictObject({ on: z.boolean().exactOptional() }), async ({ on }) => {
      const agent = await running;
      if (on !== undefined) await agent.record(on);
      return await agent.recording();
    }),
    commission: localVerb(commission, async (asked) => commissioned(await running, asked)),
    manual: localVerb(manual, async ({ forS }) => {
      const agent = await running;
      const { manualUntil: _before, ...local } = agent.local;
      if (forS === 0) await agent.setLocal(local, 'run by hand no longer');
      else await agent.setLocal({ ...local, manualUntil: clock.wall() + forS * 1000 }, `run by hand for ${forS} s`);
      return agent.local;
    }),
  };
}

async function commissioned(agent: Agent, asked: z.infer<typeof commission>): Promise<object> {
  const { commissioner, local } = agent;
  switch (asked.do) {
    case 'begin': {
      mustKnow(agent, asked.devices);
      const devices = asked.devices.length > 0 ? asked.devices : agent.devices;
      const why = commissioner.begin(devices);
      if (why !== undefined) throw new LocalError('not_now', why);
      break;
    }
    case 'end':
      commissioner.end();
      break;
    case 'observe': {
      const { observes: _before, ...rest } = local;
      const why = asked.on ? 'devices are commissioned by what happens anyway' : 'devices are commissioned no longer';
      await agent.setLocal(asked.on ? { ...rest, observes: true } : rest, why);
      break;
    }
    case 'look':
  }
  const { results, ...rest } = commissioner.look();
  const from = asked.do === 'look' ? asked.from : 0;
  return { ...rest, observes: agent.local.observes === true, results: results.slice(from, from + MOST_RESULTS) };
}

function mustKnow(agent: Agent, devices: readonly string[]): void {
  const unknown = devices.filter((device) => !agent.devices.includes(device));
  if (unknown.length > 0) throw new LocalError('no_device', `this rack has no device ${unknown.join(', ')}`);
}

/** As the rack says of it: what it does not know is not asleep. */
function isAsleep(agent: Agent, device: string): boolean {
  const said = topics.device.schema.safeParse(agent.status().board[`device/${device}`]);
  return said.success && said.data.state === 'asleep';
}

function page(board: Record<string, unknown>, after = ''): { topics: Record<string, unknown>; more: boolean } {
  const tails = Object.keys(board)
    .filter((each) => each > after)
    .sort();
  const { fitting, more } = fit(tails, (tail) => board[tail]);
  return { topics: Object.fromEntries(fitting.map((tail) => [tail, board[tail]])), more };
}

function eventPage(events: readonly object[]): { events: readonly object[]; more: boolean } {
  const { fitting, more } = fit(events, (event) => event);
  return { events: fitting, more };
}

/** As many of `items`, from the first on, as go into one answer. */
function fit<T>(items: readonly T[], said: (item: T) => unknown): { fitting: readonly T[]; more: boolean } {
  let bytes = 0;
  const past = items.findIndex((item, i) => {
    bytes += JSON.stringify(said(item)).length;
    return bytes > PAGE_BYTES && i > 0;
  });
  return past < 0 ? { fitting: items, more: false } : { fitting: items.slice(0, past), more: true };
}
