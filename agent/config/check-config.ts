/** What no schema can see in config.yaml: names that must be unique, or must exist elsewhere. */
import { adapterNamed } from '#adapters/registry.ts';
import { checkInstruments, checkOutlets } from './check-instruments.ts';
import type { Config } from './config.ts';
import type { MapShelf } from './maps.ts';
import { suggest } from './nearest.ts';
import type { Finding } from './problem.ts';
import { whyNoSecret } from './secrets.ts';
import { checkWorkloads } from './workloads.ts';

export function checkConfig(config: Config, shelf: MapShelf): Finding[] {
  return [
    ...duplicates('buses', 'id', config.buses, ({ id }) => id),
    ...duplicates('meters', 'id', config.meters, ({ id }) => id),
    ...duplicates('sensors', 'id', config.sensors, ({ id }) => id),
    ...duplicates('pdus', 'id', config.pdus, ({ id }) => id),
    ...duplicates('devices', 'id', config.devices, ({ id }) => id),
    ...duplicates('workloads', 'id', config.workloads, ({ id }) => id),
    ...duplicates('buses', 'host', config.buses, (bus) =>
      bus.kind === 'rtu' ? undefined : address(bus.host, bus.port),
    ),
    ...duplicates('buses', 'port', config.buses, (bus) => (bus.kind === 'rtu' ? bus.port : undefined)),
    ...duplicates('devices', 'host', config.devices, hostOf),
    ...duplicates('devices', 'gpu', config.devices, (device: Options) => device.gpu?.toString()),
    ...duplicates('devices', 'pci', config.devices, (device: Options) => device.pci?.toString()),
    ...duplicates('devices', 'mac', config.devices, ({ mac }) => mac),
    ...checkInstruments(config, shelf),
    ...sharedIds(config),
    ...checkRated(config),
    ...(['meters', 'sensors'] as const).flatMap((section) => checkCovered(config, section)),
    ...checkOutlets(config, shelf),
    ...checkWorkloads(config.workloads, gpusOf(config)),
  ];
}

/** The files that the config names and the agent must be able to read, resolved against `folder`. */
export async function checkFiles(config: Config, folder: string): Promise<Finding[]> {
  const named = [
    ...brokerFiles(config.broker).map(([name, file]) => ({ path: ['broker', name], file })),
    ...(['devices', 'workloads'] as const).flatMap((section) =>
      config[section].flatMap((entry, i) =>
        secretFilesOf(entry).map(([name, file]) => ({ path: [section, i, name], file })),
      ),
    ),
  ];
  const findings = named.map(async ({ path, file }) => {
    const trouble = await whyNoSecret(folder, file);
    return trouble ? [{ path, ...trouble }] : [];
  });
  return (await Promise.all(findings)).flat();
}

/** The options of a broker that name files, with those files. */
export function brokerFiles({ ca, certificate, key, password_file }: Config['broker']): [string, string][] {
  return Object.entries({ ca, certificate, key, password_file }).flatMap(([name, file]): [string, string][] =>
    file === undefined ? [] : [[name, file]],
  );
}

/** One name for two things of different kinds: health and people know each by its id alone. */
function sharedIds(config: Config): Finding[] {
  const holders = new Map<string, string>();
  return (['meters', 'sensors', 'pdus', 'devices', 'workloads'] as const).flatMap((section) =>
    config[section].flatMap(({ id }, i) => {
      const holder = holders.get(id) ?? section;
      holders.set(id, holder);
      return holder === section ? [] : [{ path: [section, i, 'id'], message: `${id} already stands in ${holder}` }];
    }),
  );
}

/** Kilowatts where watts are meant: the rack would take itself to be a thousandth of what it is. */
function checkRated({ devices }: Config): Finding[] {
  return devices.flatMap(({ rated_w }, i) => {
    if (rated_w >= LEAST_RATED_W) return [];
    const message = `${rated_w} W is less than any device draws: rated_w is in watts`;
    return [{ path: ['devices', i, 'rated_w'], message, hint: `did you mean ${rated_w * 1000}?` }];
  });
}

/** Watts; the smallest miners with an adapter draw 10. */
const LEAST_RATED_W = 5;

function checkCovered(config: Config, section: 'meters' | 'sensors'): Finding[] {
  const devices = config.devices.map(({ id }) => id);
  return config[section].flatMap(({ covers }, i) =>
    (covers === 'all' ? [] : covers).flatMap((id, at) => {
      if (devices.includes(id)) return [];
      return [{ path: [section, i, 'covers', at], message: `there is no device ${id}`, hint: suggest(id, devices) }];
    }),
  );
}

/** Two entries of `section` with one value, told at the later one. */
function duplicates<Entry extends { id: string }>(
  section: string,
  key: string,
  entries: readonly Entry[],
  valueIn: (entry: Entry) => string | undefined,
): Finding[] {
  const first = new Map<string, string>();
  return entries.flatMap((entry, i) => {
    const value = valueIn(entry);
    const other = value === undefined ? undefined : first.get(value);
    if (value !== undefined && other === undefined) first.set(value, entry.id);
    if (other === undefined) return [];
    const message = key === 'id' ? `${value} stands here twice` : `${value} is already that of ${other}`;
    return [{ path: [section, i, key], message }];
  });
}

/**
 * Adapters own most of a device's entry; by convention `host`, `port`, `gpu`, `pci` and names that end in `_file` mean the
 * same in all.
 */
type Options = Config['devices'][number] & {
  host?: unknown;
  port?: unknown;
  gpu?: number | string;
  pci?: string;
};

function hostOf({ host, port }: Options): string | undefined {
  return typeof host === 'string' ? address(host, port) : undefined;
}

function address(host: string, port: unknown): string {
  return port === undefined ? host.toLowerCase() : `${host.toLowerCase()}:${port}`;
}

function gpusOf({ devices }: Config): string[] {
  return devices.filter(({ adapter }) => adapterNamed(adapter)?.kind === 'gpu').map(({ id }) => id);
}

function secretFilesOf(entry: object): [string, string][] {
  return Object.entries(entry).filter(
    (each): each is [string, string] => each[0].endsWith('_file') && typeof each[1] === 'string',
  );
}
