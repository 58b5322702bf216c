/** The hardware of one rack without a wire: the agent reads and moves it through the same faces as real hardware. */
import { AdapterError } from '#adapters/errors.ts';
import type { Instrument, Reading } from '#adapters/modbus/instrument.ts';
import type { PointKey } from '#adapters/modbus/quantities.ts';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import type { Rack, RackMeter, RackSensor } from '#agent/rack/rack.ts';
import type { Celsius, Millis, Watts } from '#protocol/units.ts';
import type { SimulatorClock } from '#test/simulator/clock.ts';
import type { Noise } from '#test/simulator/noise.ts';
import { hash } from '#test/simulator/noise.ts';
import type { Character } from './characters.ts';
import { VirtualMiner } from './virtual-miner.ts';

export type VirtualRackSpec = {
  readonly id: string;
  readonly character: Character;
  readonly miners: number;
  /** How many times less often it is read than a real one. */
  readonly slower: number;
};

export type VirtualParts = { readonly clock: SimulatorClock; readonly noise: Noise; readonly map: RegisterMap };

const OTHER_LOADS_W: Watts = 250;
const METER_MS: Millis = 1000;
const SENSOR_MS: Millis = 4000;
const DEVICE_MS: Millis = 10_000;
/** How much warmer the air leaves. */
const RISE_K_PER_KW = 0.7;
const COOL_C: Celsius = 23;
const HOT_C: Celsius = 38.5;
/** How long the hall takes from one end of a warm spell to the other. */
const SPELL_MS: Millis = 600_000;

export function virtualRack(spec: VirtualRackSpec, parts: VirtualParts): Rack {
  const { clock, noise } = parts;
  const { id, character, slower } = spec;
  const miners = Array.from({ length: spec.miners }, (_, i) => {
    const own = hash(`${id}/${i}`);
    return new VirtualMiner(
      {
        id: `m${String(i + 1).padStart(2, '0')}`,
        mac: `02:00:00:${[own >>> 16, own >>> 8, own].map((byte) => (byte & 0xff).toString(16).padStart(2, '0')).join(':')}`,
        ratedW: 3400,
        ratedThs: 110 + (own % 40),
        periodMs: slower * DEVICE_MS,
        stubborn: character === 'stubborn' && i === 0,
      },
      clock,
      (name, atMs) => noise(`${id}/${name}`, atMs),
    );
  });
  const watts = () => miners.reduce((sum, miner) => sum + miner.watts, OTHER_LOADS_W);
  const noisy = (name: string, by: number) => by * noise(`${id}/${name}`, clock.monotonic());
  const inletC = () => {
    const spell = Math.sin((clock.wall() / SPELL_MS + (hash(id) % 100) / 100) * 2 * Math.PI);
    return (character === 'hot' ? HOT_C : COOL_C) + 2 * spell + noisy('inlet', 0.2);
  };
  const meter = () => {
    if (character === 'unmetered') throw new AdapterError('timedOut', 'the meter does not answer');
    return {
      power_w: watts() * (1 + noisy('power', 0.004)),
      voltage_v: 240 + noisy('voltage', 1.5),
      frequency_hz: 60 + noise('grid', clock.monotonic()) * 0.02,
    };
  };
  const air = () => ({ temperature_c: inletC(), humidity_pct: 38 + noisy('damp', 3) });
  const exhaust = () => ({ temperature_c: inletC() + (RISE_K_PER_KW * watts()) / 1000 });
  const wet = () => ({ leak: 1 });
  const periodMs = slower * SENSOR_MS;
  return {
    devices: miners.map((miner) => miner.device()),
    meters: [meterOf(instrument('feed', meter, parts), slower * METER_MS)],
    sensors: [
      sensorOf('inlet', instrument('inlet', air, parts), periodMs),
      sensorOf('outlet', instrument('outlet', exhaust, parts), periodMs),
      ...(character === 'wet' ? [sensorOf('leak', instrument('leak', wet, parts), periodMs)] : []),
    ],
    pdus: [],
    workloads: [],
    watchJobs: () => () => {},
    buses: () => ({}),
    bus: () => undefined,
    wires: () => [],
    start: () => {},
    stop: async () => {},
  };
}

function meterOf(instrument: Instrument, periodMs: Millis): RackMeter {
  const facts = {
    id: instrument.id,
    role: 'feed',
    covers: 'all',
    otherLoadsW: OTHER_LOADS_W,
    resolutionW: 1,
    frequencyResolutionHz: 0.01,
    periodMs,
  } as const;
  return { facts, instrument };
}

function sensorOf(role: RackSensor['facts']['role'], instrument: Instrument, periodMs: Millis): RackSensor {
  return { facts: { id: instrument.id, role, periodMs }, instrument };
}

function instrument(
  id: string,
  look: () => Partial<Record<PointKey, number>>,
  { clock, map }: VirtualParts,
): Instrument {
  return {
    id,
    map,
    classes: ['normal'],
    read: async () => ({ points: pointsOf(look(), clock.monotonic()) }),
  };
}

function pointsOf(values: Partial<Record<PointKey, number>>, mono: Millis): Reading['points'] {
  const points = Object.entries(values).map(([key, value]) => [key, { kind: 'value', value, raw: [], mono }] as const);
  return Object.fromEntries(points);
}
