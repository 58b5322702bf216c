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
import { attend } from './attend.ts';
import { Failure } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import { showLive } from './live.ts';
import type { LocalOptions } from './local-agent.ts';
import { agentOf, answerIfRunning, withLocalOptions } from './local-agent.ts';
import { formatReadout } from './read/render.ts';
import type { Screen } from './screen.ts';
import { beside, cut } from './table.ts';
import type { Terminal } from './terminal.ts';
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
    const source = (await throughAgent(options, clock, interrupted)) ?? (await byItself(options, clock));
    try {
      const wanted = chosen(instrument, source.instruments);
      const look = () => readAll(source, wanted);
      if (terminal.screen && !options.once && !options.json)
        await drawAgain(terminal.screen, look, { terminal, clock, interrupted });
      else await printAgain(look, options, { terminal, clock, interrupted });
    } finally {
      await source.close();
    }
  });

type Readout = { instrument: string; lines: Line[] };
type Means = { terminal: Terminal; clock: Clock; interrupted: AbortSignal };

/** One after the other: they may hang on one wire. */
async function readAll(source: Source, instruments: readonly string[]): Promise<Readout[]> {
  const all: Readout[] = [];
  for (const instrument of instruments) all.push({ instrument, lines: await source.read(instrument) });
  return all;
}

async function printAgain(
  look: () => Promise<Readout[]>,
  { once, json }: Options,
  { terminal, clock, interrupted }: Means,
): Promise<void> {
  const print = async () => {
    for (const each of await look())
      terminal.out(json ? JSON.stringify(each) : `${formatInstrument(each, terminal).join('\n')}\n`);
  };
  await print();
  if (once) return;
  await attend(print, {
    everyMs: AGAIN_MS,
    clock,
    interrupted,
    away: (why) => terminal.note(`${why}: waiting for it`),
    back: () => terminal.note('the agent answers again'),
  });
}

async function drawAgain(
  takeScreen: () => Screen,
  look: () => Promise<Readout[]>,
  { terminal, clock, interrupted }: Means,
): Promise<void> {
  let seen: { all: readonly Readout[]; away?: string } = { all: await look() };
  let from = 0;
  await showLive(
    takeScreen(),
    {
      pressed: (key) => {
        from = Math.max(0, from + (key === 'down' ? 1 : key === 'up' ? -1 : 0));
      },
      lines: ({ columns, rows }) => {
        const shown = { width: columns, tint: terminal.tint };
        const lines = seen.all.flatMap((each) => [...formatInstrument(each, shown), '']);
        from = Math.min(from, Math.max(0, lines.length - (rows - 1)));
        const place = lines.length < rows ? '' : 'arrows scroll';
        const keys = beside('q quit', seen.away ?? place, columns);
        const body = lines.slice(from, from + rows - 1);
        return [...body, ...Array.from({ length: rows - 1 - body.length }, () => ''), cut(keys, columns)];
      },
      look: async () => {
        seen = { all: await look() };
      },
      away: (why) => {
        seen = { ...seen, away: why };
      },
    },
    { clock, interrupted, everyMs: AGAIN_MS },
  );
}

function formatInstrument({ instrument, lines }: Readout, screen: Pick<Terminal, 'width' | 'tint'>): string[] {
  return [screen.tint('bold', instrument), ...formatReadout(lines, screen).split('\n')];
}

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

async function throughAgent(options: Options, clock: Clock, signal: AbortSignal): Promise<Source | undefined> {
  const answer = await answerIfRunning(options, clock, 'instruments', {});
  if (answer === undefined) return undefined;
  const agent = await agentOf(options, clock, signal);
  return {
    instruments: listed.parse(answer).instruments,
    read: async (instrument) => read.parse(await agent.ask('read', { instrument })).lines,
    close: async () => {},
  };
}

async function byItself({ config }: Options, clock: Clock): Promise<Source> {
  const loaded = await loadConfig(config);
  if (loaded.kind === 'bad')
    throw new Failure(loaded.problems.map(formatProblem).join('\n'), 'ballast config check looks at all of it');
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
