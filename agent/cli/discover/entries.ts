/** What was found on a wire, as the entries that the config needs for it. */
import type { BusConfig } from '#agent/config/config.ts';
import type { Candidate } from '#agent/technician/recognise.ts';
import type { UnitFound } from '#agent/technician/search.ts';

export type WireFound = {
  bus: BusConfig;
  /** Whether the config has this bus already. */
  isKnown: boolean;
  units: readonly UnitFound[];
};

/** Of a map, what decides in which section it goes. */
export type Nature = { hasOutlets: boolean; channels: number | undefined; keys: readonly string[] };

/** YAML to paste, with what was read behind each entry. */
export function configEntries(wires: readonly WireFound[], natureOf: (model: string) => Nature): string {
  const sections = new Map<Section, string[]>(sectionNames.map((section) => [section, []]));
  const put = (section: Section, line: string) => sections.get(section)?.push(line);
  for (const { bus, isKnown, units } of wires) {
    if (units.length > 0 && !isKnown) put('buses', busEntry(bus));
    for (const found of units) {
      const [best, ...others] = found.candidates;
      if (best) {
        const nature = natureOf(best.model);
        put(sectionOf(nature), instrumentEntry(bus.id, found.unit, best, others, nature));
      } else put('unknown', `# unit ${found.unit} on ${bus.id} answers, but as no known model would`);
    }
  }
  return [...sections].flatMap(([section, lines]) => block(section, lines)).join('\n');
}

const sectionNames = ['buses', 'meters', 'sensors', 'pdus', 'unknown'] as const;
type Section = (typeof sectionNames)[number];

function block(section: Section, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return section === 'unknown' ? [...lines] : [`${section}:`, ...lines.map((line) => `  ${line}`)];
}

function busEntry(bus: BusConfig): string {
  if (bus.kind !== 'rtu') return `- {id: ${bus.id}, kind: ${bus.kind}, host: ${bus.host}, port: ${bus.port}}`;
  const { id, port, baud, parity, stop_bits: stopBits } = bus;
  const stop = stopBits === 1 ? '' : `, stop_bits: ${stopBits}`;
  return `- {id: ${id}, kind: rtu, port: ${port}, baud: ${baud}, parity: ${parity}${stop}}`;
}

function instrumentEntry(
  bus: string,
  unit: number,
  best: Candidate,
  others: readonly Candidate[],
  nature: Nature,
): string {
  const section = sectionOf(nature);
  const role = roleOf(section, nature);
  const fields = [
    `id: ${bus}-${unit}`,
    `bus: ${bus}`,
    `unit: ${unit}`,
    `model: ${best.model}`,
    ...(nature.channels === undefined ? [] : ['channel: 1']),
    ...(role === undefined ? [] : [`role: ${role}`]),
  ];
  const doubt =
    others.length > 0
      ? [
          `or ${others
            .slice(0, 3)
            .map(({ model }) => model)
            .join(', ')}`,
        ]
      : [];
  const more = nature.channels === undefined ? [] : [`it has channels 1 to ${nature.channels}`];
  const notes = [reading(best), ...more, ...doubt].filter((note) => note !== '');
  return [`- {${fields.join(', ')}}`, ...notes.map((note) => `#   ${note}`)].join('\n  ');
}

function sectionOf({ hasOutlets, keys }: Nature): Exclude<Section, 'buses' | 'unknown'> {
  if (hasOutlets) return 'pdus';
  return keys.includes('power_w') && !keys.includes('flow_lpm') ? 'meters' : 'sensors';
}

function roleOf(section: Section, { keys }: Nature): string | undefined {
  if (section === 'meters') return 'feed';
  if (section !== 'sensors') return undefined;
  if (keys.includes('coolant_in_c') || keys.includes('flow_lpm')) return 'coolant';
  return keys.includes('temperature_c') ? 'inlet' : 'leak';
}

/** What a person would know an instrument by, as far as it has it. */
const knownBy = ['power_w', 'frequency_hz', 'voltage_v', 'temperature_c', 'humidity_pct', 'flow_lpm', 'coolant_in_c'];

function reading({ values, by }: Candidate): string {
  const told = Object.entries(values);
  const best = told.filter(([key]) => knownBy.includes(key));
  const shown = (best.length > 0 ? best : told)
    .slice(0, 4)
    .map(([key, value]) => `${key} ${Number(value.toPrecision(5))}`);
  return [...(by === 'marked' ? ['shows its model number'] : []), ...shown].join(', ');
}
