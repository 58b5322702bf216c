/** `ballast commission`: moves one device at a time and sees that the right meter and outlets move with it. */
import { Command } from 'commander';
import type { CommissionAnswer, CommissionResult } from './commission/answer.ts';
import { answer } from './commission/answer.ts';
import { formatDoing, formatOutlets, formatResult, formatUnfit } from './commission/render.ts';
import { writeOutlets } from './commission/write-outlets.ts';
import { exitCodes, Failure, usageFailure } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import type { LocalAgent, LocalOptions } from './local-agent.ts';
import { agentOf, withLocalOptions } from './local-agent.ts';
import type { Progress } from './progress.ts';
import { progressOn } from './progress.ts';
import type { Tools, Verb } from './tools.ts';

type Options = LocalOptions & { observe?: true; off?: true; write?: true; json?: true };

const LOOK_MS = 1000;

export const commissionVerb: Verb = (tools) =>
  withLocalOptions(
    new Command('commission')
      .description('move one device at a time and see that the right meter and outlets follow')
      .argument('[device...]', 'only these, by their ids in the config'),
  )
    .option('--observe', 'move nothing: learn it from what happens anyway, until --observe --off')
    .option('--off', 'with --observe: no longer')
    .option('--write', 'write the outlets that were seen to feed each device into the config')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', NOTES)
    .action(async (devices: string[], options: Options) => {
      if (options.off && !options.observe)
        throw usageFailure('--off ends observing only', 'write --observe --off; Ctrl-C ends commissioning');
      if (options.observe && devices.length > 0)
        throw usageFailure('observing learns of every device', 'leave the devices out');
      const agent = await agentOf(options, tools.clock);
      const results = await (options.observe ? observe(agent, options, tools) : move(agent, devices, options, tools));
      await tellOutlets(results, options, tools);
      const unfit = options.observe ? undefined : formatUnfit(results);
      if (unfit) throw new Failure(unfit.message, unfit.fix);
    });

const NOTES = `
A device that has a dial goes half-way first, then to sleep, then home; the next
begins when it is home. It refuses while an order binds, and ends when one
comes. Ctrl-C ends it too: every device goes home. Until a device fits, no order
moves it.`;

async function move(
  agent: LocalAgent,
  devices: readonly string[],
  options: Options,
  tools: Tools,
): Promise<CommissionResult[]> {
  const { terminal, clock } = tools;
  const progress = progressOn(terminal);
  const interrupted = interruptSignal();
  await agent.ask('commission', { do: 'begin', devices });
  const results: CommissionResult[] = [];
  try {
    for (;;) {
      const seen = await look(agent, results.length);
      tellResults(seen.results, options, tools, progress);
      if (seen.running) progress.show(formatDoing(seen, results.length));
      results.push(...seen.results);
      if (!seen.running && seen.results.length === 0) {
        if (seen.waiting > 0 || interrupted.aborted)
          throw new Failure(
            `ended early: ${seen.over ?? 'it was called off'}`,
            'once that is over, try those that are left: ballast commission DEVICE...',
          );
        return results;
      }
      if (seen.running) await clock.sleep(LOOK_MS, interrupted);
    }
  } catch (error) {
    progress.clear();
    if (!interrupted.aborted) throw error;
    await agent.ask('commission', { do: 'end' });
    throw new Failure('interrupted: every device goes home', undefined, exitCodes.interrupted);
  }
}

async function observe(agent: LocalAgent, options: Options, tools: Tools): Promise<CommissionResult[]> {
  const seen = answer.parse(await agent.ask('commission', { do: 'observe', on: !options.off }));
  tellResults(seen.results, options, tools);
  const { released, observes } = seen;
  if (!options.json) {
    const fit = released.length > 0 ? released.join(', ') : 'none yet';
    tools.terminal.out(`commissioned: ${fit}${observes ? '; the agent goes on observing' : ''}`);
  }
  return seen.results;
}

async function look(agent: LocalAgent, from: number): Promise<CommissionAnswer> {
  return answer.parse(await agent.ask('commission', { do: 'look', from }));
}

function tellResults(
  results: readonly CommissionResult[],
  { json }: Options,
  { terminal }: Tools,
  progress?: Progress,
): void {
  if (results.length > 0) progress?.clear();
  for (const each of results) terminal.out(json ? JSON.stringify(each) : formatResult(each, terminal));
}

async function tellOutlets(results: readonly CommissionResult[], options: Options, { terminal }: Tools): Promise<void> {
  const seen = results.filter(({ outlets }) => outlets.length > 0);
  if (options.write) {
    const changed = await writeOutlets(options.config, new Map(seen.map(({ device, outlets }) => [device, outlets])));
    terminal.note(
      changed.length > 0 ? `${options.config}: outlets of ${changed.join(', ')}` : `${options.config} says so`,
    );
  } else if (!options.json && seen.length > 0) terminal.out(`\n${formatOutlets(seen)}`);
}
