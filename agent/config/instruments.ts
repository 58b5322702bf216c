/** The sections of config.yaml for what measures and switches over Modbus, and the wires it hangs on. */
import * as z from 'zod';
import { name } from '#protocol/ids.ts';
import { sensorRoles } from '#protocol/telemetry.ts';
import { watts } from '#protocol/units.ts';
import { id } from './id.ts';

const host = z.string().min(1).max(253);
const port = z.int().min(1).max(65_535);

export const bus = z.discriminatedUnion('kind', [
  z.strictObject({ id: name, kind: z.literal('tcp'), host, port: port.default(502) }),
  z.strictObject({
    id: name,
    kind: z.literal('rtu'),
    /** Best a path below /dev/serial/by-id: it names the adapter, wherever it is plugged in. */
    port: z.string().regex(/^\//, 'must be a path such as /dev/serial/by-id/usb-FTDI-1'),
    /** Bits per second; all units on the line speak at the same. */
    baud: z.int().min(1200).max(921_600),
    parity: z.enum(['none', 'even', 'odd']).default('none'),
    stop_bits: z.literal([1, 2]).default(1),
  }),
  /** RTU frames in the TCP stream of a serial server: not Modbus TCP. */
  z.strictObject({ id: name, kind: z.literal('rtu-tcp'), host, port }),
]);

const instrument = {
  id,
  bus: name,
  /** Modbus unit id: 1 to 247 on RTU; PDUs and meters of their own address often take any. */
  unit: z.int().min(0).max(255),
  /** A register map by its id. */
  model: name,
};

/** Milliseconds between two readings. */
const period = z.int().min(50).max(60_000);

export const meter = z.strictObject({
  ...instrument,
  /** `feed`: the rack's incoming power. */
  role: z.literal('feed'),
  /** The devices whose watts pass through this meter. */
  covers: z.union([z.literal('all'), z.array(name)]).default('all'),
  /** Watts that pass through this meter and nothing here steers: switches, fans, the controller. */
  other_loads_w: watts.default(0),
  period_ms: period.default(500),
});

export const sensor = z.strictObject({
  ...instrument,
  role: z.enum(sensorRoles),
  period_ms: period.default(2000),
});

export const pdu = z.strictObject({
  ...instrument,
  /** How many outlets it has, where that is not what its map says. */
  outlets: z.int().min(1).max(64).exactOptional(),
  period_ms: period.default(2000),
});
