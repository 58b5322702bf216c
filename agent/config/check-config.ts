/** What no schema can see in config.yaml: names that must be unique, or must exist elsewhere. */
import { resolve } from 'node:path';
import { adapterNamed } from '#adapters/registry.ts';
import type { Config } from './config.ts';
import { whyUnreadable } from './files.ts';
import { suggest } from './nearest.ts';
import type { Finding } from './problem.ts';
import { checkWorkloads } from './workloads.ts';

/** @param models ids of the known register maps. */
export function checkConfig(config: Config, models: readonly string[]): Finding[] {
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
    ...(['meters', 'sensors', 'pdus'] as const).flatMap((section) => checkInstruments(config, models, section)),
    ...sharedUnits(config),
    ...sharedIds(config),
    ...config.meters.flatMap((meter, i) => checkCovered(config, meter, i)),
    ...checkOutlets(config),
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
    const trouble = await whyUnreadable(resolve(folder, file));
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

/** An outlet that feeds two devices would take both down with one. */
function checkOutlets({ devices, pdus }: Config): Finding[] {
  const ids = pdus.map(({ id }) => id);
  const owners = new Map<string, string>();
  return devices.flatMap((device, i) =>
    device.outlets.flatMap((outlet, n): Finding[] => {
      const path = ['devices', i, 'outlets', n];
      const pdu = outlet.slice(0, outlet.indexOf('/'));
      if (!ids.includes(pdu)) return [{ path, message: `there is no PDU ${pdu}`, hint: suggest(pdu, ids) }];
      const owner = owners.get(outlet);
      owners.set(outlet, device.id);
      return owner === undefined ? [] : [{ path, message: `${outlet} feeds ${owner} already` }];
    }),
  );
}

type Section = 'meters' | 'sensors' | 'pdus';

function checkInstruments(config: Config, models: readonly string[], section: Section): Finding[] {
  const ids = config.buses.map(({ id }) => id);
  return config[section].flatMap(({ bus: on, unit, model }, i) => {
    const findings: Finding[] = [];
    const bus = config.buses.find(({ id }) => id === on);
    if (!bus) findings.push({ path: [section, i, 'bus'], message: `there is no bus ${on}`, hint: suggest(on, ids) });
    if (!models.includes(model)) {
      const message = `there is no register map ${model}`;
      findings.push({ path: [section, i, 'model'], message, hint: suggest(model, models) });
    }
    if (bus && bus.kind !== 'tcp' && (unit < 1 || unit > 247)) {
      findings.push({ path: [section, i, 'unit'], message: `units on the RTU bus ${on} are 1 to 247, not ${unit}` });
    }
    return findings;
  });
}

/** Two instruments at one unit of one bus, whatever their sections, told at the later one. */
function sharedUnits(config: Config): Finding[] {
  const holders = new Map<string, string>();
  return (['meters', 'sensors', 'pdus'] as const).flatMap((section) =>
    config[section].flatMap(({ id, bus, unit }, i) => {
      const place = `unit ${unit} on ${bus}`;
      const holder = holders.get(place);
      holders.set(place, holder ?? id);
      return holder === undefined
        ? []
        : [{ path: [section, i, 'unit'], message: `${place} is already that of ${holder}` }];
    }),
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

function checkCovered(config: Config, { covers }: Config['meters'][number], i: number): Finding[] {
  const devices = config.devices.map(({ id }) => id);
  return (covers === 'all' ? [] : covers).flatMap((id, at) => {
    if (devices.includes(id)) return [];
    return [{ path: ['meters', i, 'covers', at], message: `there is no device ${id}`, hint: suggest(id, devices) }];
  });
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

/** Adapters own most of a device's entry; by convention `host`, `port`, `gpu`, `pci` and names that end in `_file` mean the same in all. */
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
