/** config.yaml: what is there. Only an operator at the rack writes it; every unknown key is an error. */

import * as z from 'zod';
import { adapters } from '#adapters/registry.ts';
import { name } from '#protocol/ids.ts';
import { watts } from '#protocol/units.ts';

const host = z.string().min(1).max(253);
const port = z.int().min(1).max(65_535);
const brokerUrl = z.string().regex(/^(mqtts?|wss?):\/\/\S+$/, 'must start with mqtt://, mqtts://, ws:// or wss://');

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

const bus = z.strictObject({ id: name, kind: z.literal('tcp'), host, port: port.default(502) });

const meter = z.strictObject({
  id: name,
  bus: name,
  /** Modbus unit id. */
  unit: z.int().min(0).max(255),
  /** A register map by its id. */
  model: name,
  /** `feed`: the rack's incoming power. */
  role: z.literal('feed'),
  /** The devices whose watts pass through this meter. */
  covers: z.union([z.literal('all'), z.array(name)]).default('all'),
  /** Watts that pass through this meter and nothing here steers: switches, fans, the controller. */
  other_loads_w: watts.default(0),
  /** Milliseconds between two readings. */
  period_ms: z.int().min(50).max(60_000).default(500),
});

const deviceBase = {
  id: name,
  /** Watts at full load, by the nameplate. */
  rated_w: watts.positive(),
  /** Lower case, with colons. A device that shows another one is left alone. */
  mac: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'must look like c4:11:04:01:02:03'))
    .exactOptional(),
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
  buses: z.array(bus).default([]),
  meters: z.array(meter).default([]),
  devices: z.array(device).default([]),
});

export type Config = z.infer<typeof configSchema>;
export type DeviceConfig = Config['devices'][number];
export type MeterConfig = Config['meters'][number];
export type BusConfig = Config['buses'][number];
