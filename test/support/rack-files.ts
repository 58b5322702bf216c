/** Writes what a technician and an operator would write for the simulated rack: two files for the agent, one for orders. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeKeyPair } from '#agent/config/keys.ts';
import type { Address, SimulatedRack } from '#test/simulator/rack.ts';

/** Where each thing of the rack is: an address on the network, or the path of the serial line it hangs on. */
export type Wiring = { addresses: ReadonlyMap<string, Address>; lines?: ReadonlyMap<string, string> };

export type RackFiles = { folder: string; config: string; policy: string; operator: string };

/** How long people, or tests, want to wait. */
export type Pace = {
  restoreWindowS: number;
  meterWindowS: number;
  /** Milliseconds between two readings. */
  meterMs: number;
  deviceMs: number;
};

export const SITE = 'demo';
const RACK = 'r01';
export const ISSUER = 'grid-operator';
export const KEY = 'grid-operator-2026';

/** Seconds, so that nobody watching has to wait: a real site spreads the return over 15 minutes. */
export const demoPace: Pace = { restoreWindowS: 5, meterWindowS: 5, meterMs: 500, deviceMs: 2000 };

/** Sections of the config in place of those that follow from the rack, and devices beside those that do. */
export type MoreConfig = { readonly moreDevices?: readonly object[]; readonly [section: string]: unknown };

/** Starts from an empty folder: yesterday's journal belongs to yesterday's rack. */
export async function writeFiles(
  folder: string,
  rack: SimulatedRack,
  wiring: Wiring,
  brokerUrls: readonly string[],
  pace: Pace,
  more: MoreConfig = {},
): Promise<RackFiles> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files = {
    folder,
    config: join(folder, 'config.yaml'),
    policy: join(folder, 'policy.yaml'),
    operator: join(folder, 'operator.yaml'),
  };
  await writeKeyPair(folder, KEY);
  for (const { passwordFile, spec } of rack.miners) {
    await writeFile(join(folder, passwordFile), `${spec.password}\n`, { mode: 0o600 });
  }
  const { moreDevices = [], ...sections } = more;
  const own = configOf(rack, wiring, brokerUrls, pace);
  const config = { ...own, devices: [...own.devices, ...moreDevices], ...sections };
  await writeFile(files.config, stringify(config, { flowCollectionPadding: false }));
  await writeFile(files.policy, stringify(policyOf(pace)));
  await writeFile(files.operator, stringify(operatorOf(brokerUrls[0])));
  return files;
}

function policyOf({ restoreWindowS, meterWindowS }: Pace) {
  return {
    limits: { ceiling_w: 45_000, min_w: 500, restore_window_s: restoreWindowS },
    issuers: [
      {
        id: ISSUER,
        keys: [`${KEY}.pub`],
        may: ['ceiling', 'shed', 'setpoint', 'market'],
        programs: ['ecrs', '4cp', 'price'],
        max_duration_s: 14_400,
      },
    ],
    meter_window_s: meterWindowS,
    baseline_window_s: meterWindowS,
    commissioning: 'waived',
    // A simulated site must run on machines whose kernel does not vouch for its clock, as in most containers.
    clock: 'trusted',
  };
}

function operatorOf(url: string | undefined) {
  return { broker: { url }, site: SITE, issuer: ISSUER, program: 'ecrs', key: `${KEY}.key` };
}

function configOf(rack: SimulatedRack, { addresses, lines = new Map() }: Wiring, urls: readonly string[], pace: Pace) {
  const at = (id: string) => addresses.get(id) ?? { host: '127.0.0.1', port: 0 };
  const { id: meter, unit, line } = rack.meter.spec;
  const gateway = 'feed-gateway';
  const serial = [...lines].map(([id, port]) => ({ id, kind: 'rtu', port, baud: 19_200, parity: 'none' }));
  return {
    site: SITE,
    rack: RACK,
    groups: ['row-a'],
    broker: { urls },
    state: 'state',
    socket: 'run/ballast.sock',
    buses: [
      ...(line === undefined ? [{ id: gateway, kind: 'tcp', ...at(meter) }] : []),
      ...rack.pdus.map(({ spec }) => ({ id: `${spec.id}-net`, kind: 'tcp', ...at(spec.id) })),
      ...serial,
    ],
    meters: [
      {
        id: meter,
        bus: line ?? gateway,
        unit,
        model: 'eastron-sdm630',
        role: 'feed',
        period_ms: pace.meterMs,
        other_loads_w: Math.round(rack.otherLoads.watts()),
      },
    ],
    sensors: rack.sensors.map(({ spec }) => ({
      id: spec.id,
      bus: spec.line ?? gateway,
      unit: spec.unit,
      model: 'xy-md02',
      role: spec.id,
    })),
    pdus: rack.pdus.map(({ spec }) => ({
      id: spec.id,
      bus: `${spec.id}-net`,
      unit: 1,
      model: 'gude-expert-power-control',
    })),
    devices: rack.miners.map(({ entry, spec }) => ({
      id: spec.id,
      ...entry,
      ...at(spec.id),
      mac: spec.mac.toLowerCase(),
      rated_w: spec.ratedW,
      outlets: outletsOf(rack, spec.id),
      period_ms: pace.deviceMs,
    })),
  };
}

function outletsOf({ pdus }: SimulatedRack, miner: string): string[] {
  return pdus.flatMap(({ spec }) =>
    Object.entries(spec.outlets)
      .filter(([, fed]) => fed === miner)
      .map(([port]) => `${spec.id}/${port}`),
  );
}
