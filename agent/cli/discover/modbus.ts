/** `ballast discover modbus`: which known meters, sensors and PDUs answer on the wires there are. */
import { readdir } from 'node:fs/promises';
import { Command } from 'commander';
import type { BusConfig } from '#agent/config/config.ts';
import { readConfig } from '#agent/config/load.ts';
import { allMaps } from '#agent/config/maps.ts';
import type { Clock } from '#agent/platform/clock.ts';
import { ownWires } from '#agent/technician/own-rack.ts';
import type { Progress, UnitFound } from '#agent/technician/search.ts';
import { isWireTrouble, searchBus, unitsToAsk, usualSettings, wireName } from '#agent/technician/search.ts';
import { Failure } from '../failure.ts';
import { interruptSignal } from '../interrupt.ts';
import type { LocalOptions } from '../local-agent.ts';
import { withLocalOptions } from '../local-agent.ts';
import type { Terminal } from '../terminal.ts';
import type { Tools } from '../tools.ts';
import { networkBus, numberIn, serialBus } from '../wire-options.ts';
import type { Nature, WireFound } from './entries.ts';
import { configEntries } from './entries.ts';
import { throughAgent } from './through-agent.ts';
import { parseUnits } from './units.ts';

type Options = LocalOptions & {
  port?: string[];
  tcp?: string[];
  rtuTcp?: string[];
  baud?: string;
  units?: string;
  maps?: string;
  json?: true;
};

type Maps = Awaited<ReturnType<typeof allMaps>>;

/** So many units of a serial line are asked unless said; a device on the network usually answers to any. */
const SERIAL_UNITS = '1-32,192-199';
const NETWORK_UNITS = '1';
const BY_ID = '/dev/serial/by-id';

export function discoverModbus({ terminal, clock }: Tools): Command {
  return withLocalOptions(
    new Command('modbus')
      .description('ask units on serial ports and hosts who they are, through the agent where one runs; reads only')
      .option('--port <path...>', `serial ports (default: the agent’s buses, else those in ${BY_ID})`)
      .option('--tcp <host:port...>', 'hosts that speak Modbus TCP')
      .option('--rtu-tcp <host:port...>', 'serial servers')
      .option('--baud <rate>', 'only this speed, instead of every usual one')
      .option('--units <list>', `such as 1-16,247 (default: ${SERIAL_UNITS} on a line, ${NETWORK_UNITS} on a host)`)
      .option('--maps <folder>', 'the folder of your own maps, instead of the config’s')
      .option('--json', 'print JSON, one bus a line'),
  ).action((options: Options) => discover(options, terminal, clock));
}

async function discover(options: Options, terminal: Terminal, clock: Clock): Promise<void> {
  const config = await readConfig(options.config);
  const known = config.kind === 'ok' ? config.value.config : undefined;
  const maps = await allMaps(options.maps ?? known?.maps ?? '/etc/ballast/maps');
  const units = (fallback: string) => parseUnits(options.units ?? fallback);
  const means = { terminal, clock, progress: tell(terminal), units, signal: interruptSignal() };
  const onAgent = (kind: BusConfig['kind']) => unitsToAsk(maps, units(kind === 'tcp' ? NETWORK_UNITS : SERIAL_UNITS));
  const named = [options.port, options.tcp, options.rtuTcp].some((each) => each !== undefined);
  const mayRun = !named && (known !== undefined || options.socket !== undefined);
  const asked = mayRun ? await throughAgent(options, onAgent, means) : undefined;
  const found = asked ?? (await searchWires(await wiresOf(options), options, maps, means));
  if (found.every(({ units: seen }) => seen.length === 0)) {
    throw new Failure(
      asked ? 'nothing new answered: what the config has is left out' : 'nothing answered',
      'check power, A and B of the line, termination, unit ids; --units 1-247 asks everyone',
    );
  }
  if (options.json) for (const { bus, units: seen } of found) terminal.out(JSON.stringify({ bus, units: seen }));
  else terminal.out(configEntries(found, (model) => natureIn(maps, model)));
}

/** Serial ports stand for each of their possible settings. */
async function wiresOf({ port, tcp = [], rtuTcp = [] }: Options): Promise<{ ports: string[]; hosts: BusConfig[] }> {
  const hosts = [...tcp.map((text) => networkBus('tcp', text)), ...rtuTcp.map((text) => networkBus('rtu-tcp', text))];
  if (port !== undefined || hosts.length > 0) return { ports: port ?? [], hosts };
  const there = await readdir(BY_ID).catch(() => []);
  if (there.length > 0) return { ports: there.map((name) => `${BY_ID}/${name}`), hosts };
  throw new Failure(
    `no agent runs here, and there is no serial adapter in ${BY_ID}`,
    'name a wire with --port, --tcp or --rtu-tcp',
  );
}

type Means = {
  terminal: Terminal;
  clock: Clock;
  progress: Progress;
  signal: AbortSignal;
  units(fallback: string): number[];
};

async function searchWires(
  { ports, hosts }: { ports: string[]; hosts: BusConfig[] },
  { baud }: Options,
  maps: Maps,
  means: Means,
): Promise<WireFound[]> {
  const found: WireFound[] = [];
  const settings = usualSettings(maps).filter((each) => baud === undefined || each.baud === numberIn(baud));
  for (const [i, port] of ports.entries()) {
    for (const setting of settings.length > 0 ? settings : [{ baud: numberIn(baud) }]) {
      const bus = { ...serialBus({ port, ...setting }), id: `rtu${i + 1}` };
      const units = await searchWire(bus, unitsToAsk(maps, means.units(SERIAL_UNITS)), maps, means);
      if (units) found.push({ bus, isKnown: false, units });
      // All units of a line speak alike, and a port that cannot be opened does not open at another speed.
      if (units === undefined || units.length > 0) break;
    }
  }
  for (const [i, host] of hosts.entries()) {
    const bus = { ...host, id: `net${i + 1}` };
    const units = await searchWire(bus, means.units(bus.kind === 'tcp' ? NETWORK_UNITS : SERIAL_UNITS), maps, means);
    if (units) found.push({ bus, isKnown: false, units });
  }
  return found;
}

/** undefined when the wire itself cannot be used. */
async function searchWire(
  bus: BusConfig,
  units: readonly number[],
  maps: Maps,
  { terminal, clock, progress, signal }: Means,
): Promise<UnitFound[] | undefined> {
  terminal.note(`${wireName(bus)}: ${units.length} ${units.length === 1 ? 'unit' : 'units'}`);
  try {
    return await searchBus(bus, units, maps, ownWires(clock), progress, signal);
  } catch (error) {
    if (!isWireTrouble(error)) throw error;
    terminal.note(`  ${error.message}`);
    return undefined;
  }
}

/** A line for each unit that answers, and now and then one for those that do not. */
function tell(terminal: Terminal): Progress {
  let silent = 0;
  return (_wire, unit, found) => {
    silent = found ? 0 : silent + 1;
    const models = found?.candidates.map(({ model }) => model);
    if (models)
      terminal.note(
        `  unit ${unit} answers: ${models.length > 0 ? models.slice(0, 3).join(' or ') : 'no known model'}`,
      );
    else if (silent % 16 === 0) terminal.note(`  … unit ${unit}`);
  };
}

function natureIn(maps: Maps, model: string): Nature {
  const map = maps.find(({ id }) => id === model);
  const points = [...(map?.points ?? []), ...(map?.channels?.points ?? [])];
  return { hasOutlets: map?.outlets !== undefined, channels: map?.channels?.count, keys: points.map(({ key }) => key) };
}
