/**
 * The only maker of hardware. From the config it builds each bus and each device's session once, and from them one
 * object per device with two faces: `read` for sense, `controls` for actuate.
 */
import type { Adapter, Controls, Device, Host } from '#adapters/contract.ts';
import type { ModbusBus } from '#adapters/modbus/bus.ts';
import type { BusHealth } from '#adapters/modbus/counters.ts';
import type { Instrument } from '#adapters/modbus/instrument.ts';
import { createInstrument } from '#adapters/modbus/instrument.ts';
import type { Outlets } from '#adapters/modbus/outlets.ts';
import { createOutlets } from '#adapters/modbus/outlets.ts';
import type { PointKey } from '#adapters/modbus/quantities.ts';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import { channelOf } from '#adapters/modbus/repeats.ts';
import { adapterNamed } from '#adapters/registry.ts';
import type { JobChannel } from '#adapters/workload/workload.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { BusConfig, Config, DeviceConfig, MeterConfig, PduConfig } from '../config/config.ts';
import { instrumentsOf } from '../config/config.ts';
import type { DeviceFacts, MeterFacts, PduFacts, SensorFacts } from '../state/observation.ts';
import type { WireParts } from './wires.ts';
import { openBus } from './wires.ts';
import type { RackWorkload } from './workloads.ts';
import { buildWorkloads, restW, withItsWorkloads } from './workloads.ts';

export type RackParts = WireParts & {
  /** Register maps by id. */
  readonly maps: ReadonlyMap<string, RegisterMap>;
  /** The first line of a file of secrets, named relative to the config's folder. */
  secret(file: string): Promise<string>;
  /** Absent where only the network is steered. */
  readonly host?: Host;
  /** Absent where the agent has no socket for jobs. */
  readonly jobs?: JobChannel;
};

export type RackDevice = {
  readonly facts: DeviceFacts;
  readonly mac: string | undefined;
  readonly periodMs: Millis;
  readonly face: Pick<Device, 'identify' | 'read'>;
  /** What can be asked of it now: some devices say so only once they have been heard. */
  controls(): Controls;
  offers(): DeviceFacts['controls'];
};

export type RackMeter = { readonly facts: MeterFacts; readonly instrument: Instrument };
export type RackSensor = { readonly facts: SensorFacts; readonly instrument: Instrument };
type RackPdu = { readonly facts: PduFacts; readonly instrument: Instrument; readonly outlets: Outlets };

type Wire = { readonly bus: BusConfig; readonly units: readonly { unit: number; instrument: string }[] };

export type Rack = {
  readonly devices: readonly RackDevice[];
  readonly meters: readonly RackMeter[];
  readonly sensors: readonly RackSensor[];
  readonly pdus: readonly RackPdu[];
  readonly workloads: readonly RackWorkload[];
  /** Calls `changed` when a job of a workload has something new to say. @returns what ends that. */
  watchJobs(changed: (workload: string) => void): () => void;
  buses(): Record<string, BusHealth>;
  bus(id: string): ModbusBus | undefined;
  /** Each bus, and the units on it that the config knows. */
  wires(): Wire[];
  start(): void;
  stop(): Promise<void>;
};

/** A relay and the power supply behind it. */
const OUTLET_SETTLE_MS: Millis = 1000;

export function buildRack(config: Config, parts: RackParts): Rack {
  const buses = new Map(config.buses.map((bus) => [bus.id, openBus(bus, parts, gapsOn(bus, config, parts))]));
  const pdus = config.pdus.map((pdu) => buildPdu(pdu, buses, parts));
  const workloads = buildWorkloads(config, parts);
  const built = config.devices.map((device) => ({
    config: device,
    device: withItsWorkloads(device, buildDevice(device, parts), workloads),
    outlet: outletControl(device, pdus),
  }));
  return {
    devices: built.map(({ config: own, device, outlet }) => ({
      facts: factsOf(own, { ...device.controls, ...outlet }, restW(own, workloads)),
      mac: own.mac,
      periodMs: own.period_ms,
      face: device,
      controls: () => ({ ...device.controls, ...outlet }),
      offers: () => capabilities({ ...device.controls, ...outlet }),
    })),
    meters: config.meters.map((meter) => buildMeter(meter, instrumentFor(meter, buses, parts))),
    sensors: config.sensors.map(({ period_ms: periodMs, covers, ...sensor }) => ({
      facts: { id: sensor.id, role: sensor.role, periodMs, ...(covers !== 'all' && { covers }) },
      instrument: instrumentFor(sensor, buses, parts),
    })),
    pdus,
    workloads,
    watchJobs: (changed) => parts.jobs?.watch(changed) ?? (() => {}),
    bus: (id) => buses.get(id),
    wires: () => config.buses.map((bus) => ({ bus, units: unitsOn(bus, config) })),
    buses: () => Object.fromEntries([...buses].map(([id, bus]) => [id, bus.health])),
    start: () => {
      for (const bus of buses.values()) bus.start();
      for (const { keeper } of workloads) keeper.start();
      for (const { device } of built) device.start();
    },
    stop: async () => {
      const parts = [...built.map(({ device }) => device), ...workloads.map(({ keeper }) => keeper), ...buses.values()];
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}

function unitsOn({ id }: BusConfig, config: Config): Wire['units'] {
  return instrumentsOf(config).flatMap(({ bus, unit, id: instrument }) => (bus === id ? [{ unit, instrument }] : []));
}

/** The rest that each unit on it needs. */
function gapsOn({ id }: BusConfig, config: Config, { maps }: RackParts): ReadonlyMap<number, Millis> {
  const units = instrumentsOf(config).filter(({ bus }) => bus === id);
  return new Map(units.map(({ unit, model }) => [unit, maps.get(model)?.min_gap_ms ?? 0]));
}

function buildDevice(config: DeviceConfig, { clock, log, connect, secret, host }: RackParts): Device {
  return adapterOf(config).open(config, {
    id: config.id,
    clock,
    log: log.child({ device: config.id }),
    connect,
    secret,
    ...(host && { host }),
  });
}

function adapterOf({ adapter: name }: DeviceConfig): Adapter {
  const adapter = adapterNamed(name);
  // The config's schema lists the registry's adapters, so this is a mistake of ours.
  if (!adapter) throw new Error(`no adapter ${name}`);
  return adapter;
}

type Buses = ReadonlyMap<string, ModbusBus>;
type Placed = { id: string; bus: string; unit: number; model: string; channel?: number };

/** What the config's check has seen to be there. */
function placeOf(
  { id, bus: on, model, channel }: Placed,
  buses: Buses,
  { maps }: RackParts,
): { bus: ModbusBus; map: RegisterMap } {
  const [bus, map] = [buses.get(on), maps.get(model)];
  if (!bus || !map) throw new Error(`${id}: no bus ${on} or no map ${model}`);
  return { bus, map: channel === undefined ? map : channelOf(map, channel) };
}

function instrumentFor(placed: Placed, buses: Buses, parts: RackParts): Instrument {
  return createInstrument({ id: placed.id, unit: placed.unit, ...placeOf(placed, buses, parts) });
}

function buildMeter(config: MeterConfig, instrument: Instrument): RackMeter {
  const resolutionOf = (wanted: PointKey) => instrument.map.points.find(({ key }) => key === wanted)?.resolution;
  const frequencyResolutionHz = resolutionOf('frequency_hz');
  return {
    facts: {
      id: config.id,
      role: config.role,
      covers: config.covers,
      otherLoadsW: config.other_loads_w,
      resolutionW: resolutionOf('power_w') ?? 1,
      ...(frequencyResolutionHz !== undefined && { frequencyResolutionHz }),
      periodMs: config.period_ms,
    },
    instrument,
  };
}

function buildPdu(config: PduConfig, buses: Buses, parts: RackParts): RackPdu {
  const { id, unit, model, outlets: count, protected: kept, period_ms: periodMs, dead_man: onSilence } = config;
  const { bus, map } = placeOf(config, buses, parts);
  if (!map.outlets) throw new Error(`${id}: ${model} has no outlets`);
  const outlets = {
    ...map.outlets,
    ...(count !== undefined && { count }),
    protected: [...map.outlets.protected, ...kept],
  };
  return {
    facts: { id, periodMs },
    instrument: createInstrument({ id, bus, unit, map }),
    outlets: createOutlets({ id, bus, unit, map, outlets, onSilence, clock: parts.clock }),
  };
}

/** @param idleW of a GPU whose work can rest: its controls come when the driver has told its range. */
function factsOf(config: DeviceConfig, controls: Controls, idleW: Watts | undefined): DeviceFacts {
  const residualW = controls.sleep?.residualW ?? idleW;
  return {
    id: config.id,
    adapter: config.adapter,
    kind: adapterOf(config).kind,
    ratedW: config.rated_w,
    controls: capabilities(controls),
    ...(residualW !== undefined && { residualW }),
    identityRequired: config.mac !== undefined,
    outlets: config.outlets.map(placeOfOutlet),
  };
}

function capabilities(controls: Controls): DeviceFacts['controls'] {
  return Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.capability]));
}

function placeOfOutlet(text: string): { pdu: string; outlet: number } {
  const [pdu = '', outlet] = text.split('/');
  return { pdu, outlet: Number(outlet) };
}

/** All outlets of a device together: one with two power supplies loses both or none. */
function outletControl({ outlets }: DeviceConfig, pdus: readonly RackPdu[]): Pick<Controls, 'outlet'> {
  const fed = outlets.map(placeOfOutlet).flatMap(({ pdu, outlet }) => {
    const found = pdus.find(({ facts }) => facts.id === pdu);
    if (!found) return [];
    const { outlets: all } = found;
    return [{ switch: all.switch.bind(all), canSwitch: all.canSwitch(outlet), outlet }];
  });
  if (fed.length === 0 || fed.some(({ canSwitch }) => !canSwitch)) return {};
  const switchAll = async (on: boolean, signal?: AbortSignal) => {
    await Promise.all(fed.map((each) => each.switch(each.outlet, on, signal)));
    return { said: `${outlets.join(', ')} ${on ? 'closed' : 'open'}`, settleMs: OUTLET_SETTLE_MS };
  };
  return {
    outlet: {
      capability: { settle_ms: OUTLET_SETTLE_MS, restarts: true, persistent: false, min_interval_s: 0 },
      run: (signal) => switchAll(false, signal),
      close: (signal) => switchAll(true, signal),
    },
  };
}
