/** The command line as data: every verb, in the order of `--help`. The entry runs it; the manual page is made from it. */
import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import type { Tools, Verb } from './tools.ts';

/** Each is loaded when it is asked for: most verbs need a small part of the agent, and a technician waits for them. */
const groups: Readonly<Record<string, Readonly<Record<string, () => Promise<Verb>>>>> = {
  'Set a rack up:': {
    init: async () => (await import('./init.ts')).initVerb,
    discover: async () => (await import('./discover.ts')).discoverVerb,
    map: async () => (await import('./map.ts')).mapVerb,
    config: async () => (await import('./config.ts')).configVerb,
    doctor: async () => (await import('./doctor.ts')).doctorVerb,
    agent: async () => (await import('./agent.ts')).agentVerb,
    commission: async () => (await import('./commission.ts')).commissionVerb,
  },
  'Look at it:': {
    status: async () => (await import('./status.ts')).statusVerb,
    top: async () => (await import('./top.ts')).topVerb,
    events: async () => (await import('./events.ts')).eventsVerb,
    explain: async () => (await import('./explain.ts')).explainVerb,
    offer: async () => (await import('./offer.ts')).offerVerb,
    read: async () => (await import('./read.ts')).readVerb,
  },
  'Work on it:': {
    lockout: async () => (await import('./lockout.ts')).lockoutVerb,
    manual: async () => (await import('./manual.ts')).manualVerb,
  },
  'Order power, and watch a site:': {
    keys: async () => (await import('./keys-new.ts')).keysVerb,
    order: async () => (await import('./order.ts')).orderVerb,
    console: async () => (await import('./console.ts')).consoleVerb,
  },
  'Find out afterwards:': {
    record: async () => (await import('./record.ts')).recordVerb,
    replay: async () => (await import('./replay.ts')).replayVerb,
  },
  'Besides:': {
    run: async () => (await import('./run.ts')).runVerb,
    completion: async () => (await import('./completion.ts')).completionVerb,
  },
};

const NOTES = `
Every reading has --json. Ends with 0 for well, 1 for not, 2 for a command line
that makes no sense, 130 for Ctrl-C before the end.`;

/** @param only the verb that was typed: the others are then left out. One that is none gets them all, to choose from. */
export async function createProgram(basics: Omit<Tools, 'commandLine'>, only?: string): Promise<Command> {
  const program = new Command('ballast')
    .description('Steers the miners of a rack as flexible load, on signed power orders.')
    .version(packageJson.version)
    .commandsGroup('Besides:')
    .helpCommand(true)
    .addHelpText('after', NOTES);
  const tools = { ...basics, commandLine: () => createProgram(basics) };
  const verbs = Object.entries(groups).flatMap(([heading, group]) =>
    Object.entries(group).map(([name, load]) => ({ name, load, heading })),
  );
  const typed = verbs.filter(({ name }) => name === only);
  for (const { load, heading } of typed.length > 0 ? typed : verbs)
    program.addCommand((await load())(tools).helpGroup(heading));
  return program;
}
