/** config.yaml: what is there. Only an operator at the rack writes it; every unknown key is an error. */
import * as z from 'zod';
import { adapters } from '#adapters/registry.ts';
import { name } from '#protocol/ids.ts';
import { watts } from '#protocol/units.ts';
import { brokerUrl } from './broker-url.ts';
import { id } from './id.ts';
import { bus, meter, pdu, sensor } from './instruments.ts';
import { metrics } from './metrics.ts';
import { workload } from './workloads.ts';

const broker = z.strictObject({
  /** The agent holds a session to each; the same order from two of them counts once. */
  urls: z.array(brokerUrl).min(1),
  /** PEM files, relative to this file. */
  ca: z.string().exactOptional(),
  certificate: z.string().exactOptional(),
  key: z.string().exactOptional(),
  username: z.string().exactOptional(),
  password_file: z.string().exactOptional(),
});

const deviceBase = {
  id,
  /** Watts at full load, by the nameplate. */
  rated_w: watts.positive(),
  /** Lower case, with colons. A device that shows another one is left alone. */
  mac: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'must look like c4:11:04:01:02:03'))
    .exactOptional(),
  /** The outlets that feed it, such as `pdu-a/1`: all of them, or they are never switched. */
  outlets: z.array(z.string().regex(/^[a-z0-9-]{1,48}\/[1-9]\d?$/, 'must look like pdu-a/1')).default([]),
  /** Milliseconds between two readings while nothing is being changed. */
  period_ms: z.int().min(200).max(600_000).default(5000),
};

/** One entry per adapter in the registry, so that each checks its own options. */
const device = z.discriminatedUnion(
  'adapter',
  adapters.map((adapter) =>
    z.strictObject({ ...deviceBase, adapter: z.literal(adapter.name), ...adapter.options.shape }),
  ) as [z.ZodObject<typeof deviceBase & { adapter: z.ZodLiteral<string> }>],
);

export const configSchema = z.strictObject({
  site: name,
  rack: name,
  groups: z.array(name).default([]),
  broker,
  /** Folder for the journal and the rack's own key, relative to this file. */
  state: z.string().default('state'),
  /** Path of the local socket, relative to this file. */
  socket: z.string().default('ballast.sock'),
  /** Folder of further register maps, relative to this file. */
  maps: z.string().default('/etc/ballast/maps'),
  buses: z.array(bus).default([]),
  meters: z.array(meter).default([]),
  sensors: z.array(sensor).default([]),
  pdus: z.array(pdu).default([]),
  devices: z.array(device).default([]),
  workloads: z.array(workload).default([]),
  metrics: metrics.exactOptional(),
});

export type Config = z.infer<typeof configSchema>;
export type DeviceConfig = Config['devices'][number];
export type MeterConfig = Config['meters'][number];
export type PduConfig = Config['pdus'][number];
export type BusConfig = Config['buses'][number];

/** Everything that is read over Modbus. */
export function instrumentsOf({ meters, sensors, pdus }: Config) {
  return [...meters, ...sensors, ...pdus];
}
