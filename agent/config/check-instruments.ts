/** What no schema can see in the meters, sensors and PDUs of config.yaml: buses, units, models and what a model can do. */
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import type { Config } from './config.ts';
import type { MapShelf } from './maps.ts';
import { suggest } from './nearest.ts';
import type { Finding, Problem } from './problem.ts';

const sections = ['meters', 'sensors', 'pdus'] as const;
type Section = (typeof sections)[number];
type Placed = { id: string; bus: string; unit: number; model: string; channel?: number };

export function checkInstruments(config: Config, shelf: MapShelf): Finding[] {
  const each = sections.flatMap((section) =>
    (config[section] as readonly Placed[]).flatMap((placed, i) => [
      ...checkPlace(config, placed, [section, i]),
      ...checkModel(placed, section, [section, i], shelf),
    ]),
  );
  return [...each, ...config.pdus.flatMap((pdu, i) => checkDeadMan(pdu, i, shelf)), ...sharedUnits(config)];
}

/** How many polls may be missed before a dead-man acts. */
const LEAST_POLLS = 3;

function checkDeadMan({ model, dead_man: deadMan, period_ms }: Config['pdus'][number], i: number, shelf: MapShelf) {
  const map = shelf.maps.get(model);
  if (deadMan.outlets === 'hold' || !map) return [];
  const path = ['pdus', i, 'dead_man'];
  const known = map.outlets?.dead_man;
  if (!known) return [{ path, message: `${model} has no dead-man that could open its outlets` }];
  const [least, most] = known.time_out_s.range;
  const soonest = Math.max(least, Math.ceil((LEAST_POLLS * period_ms) / 1000));
  if (deadMan.after_s >= soonest && deadMan.after_s <= most) return [];
  return [
    { path: [...path, 'after_s'], message: `must be ${soonest} to ${most} for ${model}, read every ${period_ms} ms` },
  ];
}

/** An outlet that feeds two devices would take both down with one; one that is protected would take down neither. */
export function checkOutlets({ devices, pdus }: Config, shelf: MapShelf): Finding[] {
  const owners = new Map<string, string>();
  return devices.flatMap((device, i) =>
    device.outlets.flatMap((outlet, n): Finding[] => {
      const path = ['devices', i, 'outlets', n];
      const [id = '', number] = outlet.split('/');
      const pdu = pdus.find((each) => each.id === id);
      if (!pdu) {
        const ids = pdus.map((each) => each.id);
        return [{ path, message: `there is no PDU ${id}`, hint: suggest(id, ids) }];
      }
      const owner = owners.get(outlet);
      owners.set(outlet, device.id);
      if (owner !== undefined) return [{ path, message: `${outlet} feeds ${owner} already` }];
      const trouble = troubleOfOutlet(Number(number), pdu, shelf);
      return trouble === undefined ? [] : [{ path, message: `${id} ${trouble}` }];
    }),
  );
}

function troubleOfOutlet(outlet: number, pdu: Config['pdus'][number], shelf: MapShelf): string | undefined {
  const known = shelf.maps.get(pdu.model)?.outlets;
  const count = pdu.outlets ?? known?.count;
  if (count !== undefined && outlet > count) return `has outlets 1 to ${count}`;
  const kept = [...pdu.protected, ...(known?.protected ?? [])];
  return kept.includes(outlet) ? `never switches outlet ${outlet}: it is protected` : undefined;
}

type Path = readonly [Section, number];

function checkPlace(config: Config, { bus: on, unit }: Placed, path: Path): Finding[] {
  const ids = config.buses.map(({ id }) => id);
  const bus = config.buses.find(({ id }) => id === on);
  if (!bus) return [{ path: [...path, 'bus'], message: `there is no bus ${on}`, hint: suggest(on, ids) }];
  if (bus.kind === 'tcp' || (unit >= 1 && unit <= 247)) return [];
  return [{ path: [...path, 'unit'], message: `units on the RTU bus ${on} are 1 to 247, not ${unit}` }];
}

function checkModel({ model, channel }: Placed, section: Section, path: Path, shelf: MapShelf): Finding[] {
  const at = [...path, 'model'];
  if (!shelf.ids.includes(model)) {
    return [{ path: at, message: `there is no register map ${model}`, hint: suggest(model, shelf.ids) }];
  }
  const map = shelf.maps.get(model);
  if (!map) {
    const mistakes = shelf.problems.filter(({ file }) => file.endsWith(`/${model}.json`));
    return mistakes.map((mistake) => ({ path: at, message: `the register map has a mistake: ${inWords(mistake)}` }));
  }
  return [...checkChannel(map, channel, path), ...checkAbility(map, section, at)];
}

function checkChannel(map: RegisterMap, channel: number | undefined, path: Path): Finding[] {
  const count = map.channels?.count;
  if (channel === undefined) {
    if (count === undefined) return [];
    return [
      { path: [...path, 'model'], message: `${map.id} has ${count} channels`, hint: `add channel: 1 to ${count}` },
    ];
  }
  if (count !== undefined && channel <= count) return [];
  const message = count === undefined ? `${map.id} has no channels` : `${map.id} has channels 1 to ${count}`;
  return [{ path: [...path, 'channel'], message }];
}

function checkAbility(map: RegisterMap, section: Section, path: readonly PropertyKey[]): Finding[] {
  const keys = [...map.points, ...(map.channels?.points ?? [])].map(({ key }) => key);
  if (section === 'meters' && !keys.includes('power_w')) return [{ path, message: `${map.id} does not measure power` }];
  if (section === 'pdus' && !map.outlets) return [{ path, message: `${map.id} has no outlets` }];
  return [];
}

/** Two instruments at one unit of one bus, told at the later one; channels of a unit are instruments of their own. */
function sharedUnits(config: Config): Finding[] {
  const holders = new Map<string, Placed[]>();
  return sections.flatMap((section) =>
    (config[section] as readonly Placed[]).flatMap((placed, i): Finding[] => {
      const place = `unit ${placed.unit} on ${placed.bus}`;
      const others = holders.get(place) ?? [];
      holders.set(place, [...others, placed]);
      const other = others.find((each) => !isBeside(each, placed));
      return other ? [{ path: [section, i, 'unit'], message: `${place} is already that of ${other.id}` }] : [];
    }),
  );
}

function isBeside(a: Placed, b: Placed): boolean {
  if (a.channel === undefined || b.channel === undefined) return false;
  return a.channel !== b.channel || a.model !== b.model;
}

function inWords({ path, message }: Problem): string {
  return path === '' ? message : `${path}: ${message}`;
}
