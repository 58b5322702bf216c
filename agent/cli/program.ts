/** The command line as data: every verb, in the order of `--help`. The entry runs it; the manual page is made from it. */
import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import type { Tools, Verb } from './tools.ts';

/** Each is loaded when it is asked for: most verbs need a small part of the agent, and a technician waits for them. */
const verbs: ReadonlyMap<string, () => Promise<Verb>> = new Map(
  Object.entries({
    agent: async () => (await import('./agent.ts')).agentVerb,
    init: async () => (await import('./init.ts')).initVerb,
    doctor: async () => (await import('./doctor.ts')).doctorVerb,
    status: async () => (await import('./status.ts')).statusVerb,
    top: async () => (await import('./top.ts')).topVerb,
    events: async () => (await import('./events.ts')).eventsVerb,
    explain: async () => (await import('./explain.ts')).explainVerb,
    offer: async () => (await import('./offer.ts')).offerVerb,
    lockout: async () => (await import('./lockout.ts')).lockoutVerb,
    manual: async () => (await import('./manual.ts')).manualVerb,
    commission: async () => (await import('./commission.ts')).commissionVerb,
    read: async () => (await import('./read.ts')).readVerb,
    discover: async () => (await import('./discover.ts')).discoverVerb,
    map: async () => (await import('./map.ts')).mapVerb,
    config: async () => (await import('./config.ts')).configVerb,
    keys: async () => (await import('./keys-new.ts')).keysVerb,
    order: async () => (await import('./order.ts')).orderVerb,
    console: async () => (await import('./console.ts')).consoleVerb,
    record: async () => (await import('./record.ts')).recordVerb,
    replay: async () => (await import('./replay.ts')).replayVerb,
    run: async () => (await import('./run.ts')).runVerb,
    completion: async () => (await import('./completion.ts')).completionVerb,
  }),
);

/** @param only the verb that was typed: the others are then left out. One that is none gets them all, to choose from. */
export async function createProgram(basics: Omit<Tools, 'commandLine'>, only?: string): Promise<Command> {
  const program = new Command('ballast')
    .description('Steers the miners of a rack as flexible load, on signed power orders.')
    .version(packageJson.version);
  const tools = { ...basics, commandLine: () => createProgram(basics) };
  const typed = only === undefined ? undefined : verbs.get(only);
  for (const loadVerb of typed ? [typed] : verbs.values()) program.addCommand((await loadVerb())(tools));
  return program;
}
