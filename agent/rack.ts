/**
 * The only maker of hardware. From the config it builds each bus and each device's session once, and from them one
 * object per device with two faces: `read` for sense, `controls` for actuate.
 */
import type { Connect, Controls, Device } from '#adapters/contract.ts';
import type { ModbusBusOptions } from '#adapters/modbus/bus.ts';
import { ModbusBus } from '#adapters/modbus/bus.ts';
import type { BusCounters } from '#adapters/modbus/counters.ts';
import type { Instrument } from '#adapters/modbus/instrument.ts';
import { createInstrument } from '#adapters/modbus/instrument.ts';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import { rtuFraming, rtuOverTcpFraming, rtuTimeoutMs } from '#adapters/modbus/rtu.ts';
import { tcpFraming } from '#adapters/modbus/tcp.ts';
import { adapterNamed } from '#adapters/registry.ts';
import type { OpenSerial } from '#adapters/transport/serial.ts';
import type { Millis } from '#protocol/units.ts';
import type { BusConfig, Config, DeviceConfig, MeterConfig } from './config/config.ts';
import type { Clock } from './platform/clock.ts';
import type { Logger } from './platform/log.ts';
import type { DeviceFacts, MeterFacts } from './state/observation.ts';

export type RackParts = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly connect: Connect;
  readonly serial: OpenSerial;
  /** Register maps by id. */
  readonly maps: ReadonlyMap<string, RegisterMap>;
  /** The first line of a file of secrets, named relative to the config's folder. */
  secret(file: string): Promise<string>;
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

export type Rack = {
  readonly devices: readonly RackDevice[];
  readonly meters: readonly RackMeter[];
  counters(): Record<string, BusCounters>;
  start(): void;
  stop(): Promise<void>;
};

/** Allowed for connecting, and again for each reply. */
const BUS_TIMEOUT_MS: Millis = 1000;

export function buildRack(config: Config, parts: RackParts): Rack {
  const buses = new Map(config.buses.map((bus) => [bus.id, buildBus(bus, parts)]));
  const built = config.devices.map((device) => ({ config: device, device: buildDevice(device, parts) }));
  return {
    devices: built.map(({ config: own, device }) => ({
      facts: factsOf(own, device.controls),
      mac: own.mac,
      periodMs: own.period_ms,
      face: device,
      controls: () => device.controls,
      offers: () => capabilities(device.controls),
    })),
    meters: config.meters.map((meter) => buildMeter(meter, buses, parts)),
    counters: () => Object.fromEntries([...buses].map(([id, bus]) => [id, bus.counters])),
    start: () => {
      for (const bus of buses.values()) bus.start();
      for (const { device } of built) device.start();
    },
    stop: async () => {
      await Promise.all([...built.map(({ device }) => device.stop()), ...[...buses.values()].map((bus) => bus.stop())]);
    },
  };
}

function buildBus(bus: BusConfig, parts: RackParts): ModbusBus {
  const { clock, log } = parts;
  return new ModbusBus({ id: bus.id, clock, log, ...wireOf(bus, parts) });
}

function wireOf(
  bus: BusConfig,
  { connect, serial }: RackParts,
): Pick<ModbusBusOptions, 'connect' | 'framing' | 'timeoutMs'> {
  switch (bus.kind) {
    case 'tcp':
      return {
        connect: (signal) => connect(bus.host, bus.port, signal),
        framing: tcpFraming,
        timeoutMs: BUS_TIMEOUT_MS,
      };
    case 'rtu-tcp':
      return {
        connect: (signal) => connect(bus.host, bus.port, signal),
        framing: rtuOverTcpFraming(),
        timeoutMs: BUS_TIMEOUT_MS,
      };
    case 'rtu': {
      const { port: path, baud, parity, stop_bits: stopBits } = bus;
      return {
        connect: (signal) => serial({ path, baud, parity, stopBits }, signal),
        framing: rtuFraming(baud),
        timeoutMs: rtuTimeoutMs(baud),
      };
    }
  }
}

function buildDevice(config: DeviceConfig, { clock, log, connect, secret }: RackParts): Device {
  const adapter = adapterNamed(config.adapter);
  // The config's schema lists the registry's adapters, so this is a mistake of ours.
  if (!adapter) throw new Error(`no adapter ${config.adapter}`);
  return adapter.open(config, { id: config.id, clock, log: log.child({ device: config.id }), connect, secret });
}

function buildMeter(config: MeterConfig, buses: ReadonlyMap<string, ModbusBus>, { maps }: RackParts): RackMeter {
  const bus = buses.get(config.bus);
  const map = maps.get(config.model);
  if (!bus || !map) throw new Error(`meter ${config.id}: no bus ${config.bus} or no map ${config.model}`);
  const power = map.points.find(({ key }) => key === 'power_w');
  return {
    facts: {
      id: config.id,
      role: config.role,
      covers: config.covers,
      otherLoadsW: config.other_loads_w,
      resolutionW: power?.resolution ?? 1,
      periodMs: config.period_ms,
    },
    instrument: createInstrument({ id: config.id, bus, unit: config.unit, map }),
  };
}

function factsOf(config: DeviceConfig, controls: Controls): DeviceFacts {
  return {
    id: config.id,
    adapter: config.adapter,
    ratedW: config.rated_w,
    controls: capabilities(controls),
    ...(controls.sleep && { residualW: controls.sleep.residualW }),
    identityRequired: config.mac !== undefined,
  };
}

function capabilities(controls: Controls): DeviceFacts['controls'] {
  return Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.capability]));
}
