/** `ballast read`: what meters, sensors and PDUs say now, with the registers it came from. */
import { Command } from 'commander';
import * as z from 'zod';
import { loadConfig } from '#agent/config/load.ts';
import { formatProblem } from '#agent/config/problem.ts';
import type { Clock } from '#agent/platform/clock.ts';
import { openInstruments } from '#agent/technician/own-rack.ts';
import { readablesOf } from '#agent/technician/readables.ts';
import type { Line } from '#agent/technician/readout.ts';
import { readout } from '#agent/technician/readout.ts';
import { Failure } from './failure.ts';
import { Interrupted, interruptSignal } from './interrupt.ts';
import type { LocalOptions } from './local-agent.ts';
import { agentOf, answerIfRunning, withLocalOptions } from './local-agent.ts';
import { formatReadout } from './read/render.ts';
import type { Verb } from './tools.ts';

type Options = LocalOptions & { once?: true; json?: true };

/** Where the values come from: the agent that runs, or the wires themselves. */
type Source = {
  readonly instruments: readonly string[];
  read(instrument: string): Promise<Line[]>;
  close(): Promise<void>;
};

const AGAIN_MS = 2000;

export const readVerb: Verb = ({ terminal, clock }) =>
  withLocalOptions(
    new Command('read')
      .description('what meters, sensors and PDUs say now: registers, values, ages; reads only')
      .argument('[instrument]', 'id of one, as in the config; all unless said')
      .option('--once', 'once, instead of again and again')
      .option('--json', 'print JSON, one object a line'),
  ).action(async (instrument: string | undefined, options: Options) => {
    const interrupted = interruptSignal();
    const source = (await throughAgent(options, clock)) ?? (await byItself(options, clock));
    try {
      const wanted = chosen(instrument, source.instruments);
      for (let goesOn = true; goesOn; goesOn = !options.once && !interrupted.aborted) {
        for (const id of wanted) {
          const lines = await source.read(id);
          if (options.json) terminal.out(JSON.stringify({ instrument: id, lines }));
          else terminal.out(`${terminal.tint('bold', id)}\n${formatReadout(lines, terminal)}\n`);
        }
        if (!options.once) await clock.sleep(AGAIN_MS, interrupted).catch(passInterrupt);
      }
    } finally {
      await source.close();
    }
  });

function chosen(instrument: string | undefined, all: readonly string[]): readonly string[] {
  if (instrument === undefined) {
    if (all.length === 0)
      throw new Failure('the config has no meter, sensor or PDU', 'find some with `ballast discover modbus`');
    return all;
  }
  if (all.includes(instrument)) return [instrument];
  throw new Failure(`there is no meter, sensor or PDU ${instrument}`, `known here: ${all.join(', ')}`);
}

const listed = z.object({ instruments: z.array(z.string()) });
const line = z.object({
  point: z.string(),
  register: z.string(),
  raw: z.string().nullable(),
  value: z.number().nullable(),
  unit: z.string(),
  age_ms: z.number().nullable(),
  trouble: z.string().nullable(),
});
const read = z.object({ lines: z.array(line) });

async function throughAgent(options: Options, clock: Clock): Promise<Source | undefined> {
  const answer = await answerIfRunning(options, clock, 'instruments', {});
  if (answer === undefined) return undefined;
  const agent = await agentOf(options, clock);
  return {
    instruments: listed.parse(answer).instruments,
    read: async (instrument) => read.parse(await agent.ask('read', { instrument })).lines,
    close: async () => {},
  };
}

async function byItself({ config }: Options, clock: Clock): Promise<Source> {
  const loaded = await loadConfig(config);
  if (loaded.kind === 'bad') throw new Failure(loaded.problems.map(formatProblem).join('\n'));
  const rack = openInstruments(loaded.value, clock);
  const readables = readablesOf(rack);
  return {
    instruments: [...readables.keys()],
    read: async (instrument) => {
      const readable = readables.get(instrument);
      return readable ? readout(readable, clock) : [];
    },
    close: () => rack.stop(),
  };
}

function passInterrupt(error: unknown): void {
  if (!(error instanceof Interrupted)) throw error;
}
