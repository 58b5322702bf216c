/** `ballast map`: a register map of one's own, before it goes into the folder of maps. */
import { Command } from 'commander';
import { readMapFile } from '#agent/config/maps.ts';
import { formatProblem } from '#agent/config/problem.ts';
import { ownWires } from '#agent/technician/own-rack.ts';
import { tryMap } from '#agent/technician/trial.ts';
import { Failure, usageFailure } from './failure.ts';
import { given } from './given.ts';
import { formatReadout } from './read/render.ts';
import type { Tools, Verb } from './tools.ts';
import type { WireOptions } from './wire-options.ts';
import { busOf, numberIn, withWireOptions } from './wire-options.ts';

export const mapVerb: Verb = (tools) =>
  new Command('map')
    .description('a register map of your own, before it goes into the folder of maps')
    .addCommand(checkCommand(tools))
    .addCommand(testCommand(tools));

type ReadMap = Extract<Awaited<ReturnType<typeof readMapFile>>, { kind: 'ok' }>['value'];

function checkCommand({ terminal }: Tools): Command {
  return new Command('check')
    .description('find what is wrong with it')
    .argument('<file>')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: { json?: true }) => {
      const map = await soundMap(file);
      terminal.out(json ? JSON.stringify(map) : summary(map));
    });
}

function testCommand({ terminal, clock }: Tools): Command {
  return withWireOptions(
    new Command('test')
      .description('read a unit by it, and show registers and values; reads only')
      .argument('<file>')
      .requiredOption('--unit <id>', 'the unit, 1 to 247 on a serial line')
      .option('--channel <number>', 'which of its inputs that are alike (default: 1)')
      .option('--json', 'print JSON'),
  ).action(async (file: string, options: WireOptions & { unit: string; channel?: string; json?: true }) => {
    const map = await soundMap(file);
    const unit = Number(options.unit);
    if (!Number.isInteger(unit) || unit < 0 || unit > 255)
      throw usageFailure(`${options.unit} is no unit`, 'write 0 to 255');
    const at = { bus: busOf(options), unit, ...given({ channel: numberIn(options.channel) }) };
    const lines = await tryMap(map, at, ownWires(clock));
    terminal.out(options.json ? JSON.stringify(lines) : formatReadout(lines, terminal));
    const wrong = lines.filter(({ value, trouble }) => value === null && trouble !== 'not available');
    if (wrong.length > 0)
      throw new Failure(
        `${wrong.length} of ${lines.length} points cannot be read`,
        'each says why: check the wire, the unit id, the map',
      );
  });
}

async function soundMap(file: string): Promise<ReadMap> {
  const read = await readMapFile(file);
  if (read.kind === 'ok') return read.value;
  throw new Failure(read.problems.map(formatProblem).join('\n'), 'firmware-adapters/README.md says how a map is made');
}

function summary({ id, vendor, model, points, channels, outlets, verified, unverified }: ReadMap): string {
  const parts = [
    `${points.length} points`,
    ...(channels ? [`${channels.count} channels of ${channels.points.length}`] : []),
    ...(outlets ? [`${outlets.count} outlets${outlets.switch ? '' : ', measured only'}`] : []),
  ];
  const trust = verified ? `verified by ${verified.by}, ${verified.date}` : `unverified: ${unverified}`;
  return [`${id} is sound: ${vendor} ${model}`, parts.join(', '), trust].join('\n');
}
