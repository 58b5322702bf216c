/** The sections of config.yaml for what measures and switches over Modbus, and the wires it hangs on. */
import * as z from 'zod';
import { LATENCY_MS } from '#adapters/modbus/bus.ts';
import { name } from '#protocol/ids.ts';
import { sensorRoles } from '#protocol/telemetry.ts';
import { watts } from '#protocol/units.ts';
import { id } from './id.ts';

const host = z.string().min(1).max(253);
const port = z.int().min(1).max(65_535);

const wire = {
  id: name,
  /** Milliseconds that one read may keep the wire at most: a write never waits longer than for one. */
  latency_ms: z.int().min(20).max(1000).default(LATENCY_MS),
};
/** Bits per second; all units on a line speak at the same. */
const baud = z.int().min(1200).max(921_600);

export const bus = z.discriminatedUnion('kind', [
  z.strictObject({
    ...wire,
    kind: z.literal('tcp'),
    host,
    port: port.default(502),
    /** How many requests may be on their way at once. More than one only for what is known to take them. */
    pipeline: z.int().min(1).max(16).default(1),
  }),
  z.strictObject({
    ...wire,
    kind: z.literal('rtu'),
    /** Best a path below /dev/serial/by-id: it names the adapter, wherever it is plugged in. */
    port: z.string().regex(/^\//, 'must be a path such as /dev/serial/by-id/usb-FTDI-1'),
    baud,
    parity: z.enum(['none', 'even', 'odd']).default('none'),
    stop_bits: z.literal([1, 2]).default(1),
  }),
  /** RTU frames in the TCP stream of a serial server: not Modbus TCP. `baud` is that of the server's line. */
  z.strictObject({ ...wire, kind: z.literal('rtu-tcp'), host, port, baud: baud.default(9600) }),
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

const covers = z.union([z.literal('all'), z.array(name).min(1)]).default('all');

/** Which of a model's inputs that are alike, counted from 1. */
const channel = z.int().min(1).max(64).exactOptional();

export const meter = z.strictObject({
  ...instrument,
  channel,
  /** `feed`: the rack's incoming power. */
  role: z.literal('feed'),
  /** The devices whose watts pass through this meter. */
  covers,
  /** Watts that pass through this meter and nothing here steers: switches, fans, the controller. */
  other_loads_w: watts.default(0),
  period_ms: period.default(500),
});

export const sensor = z.strictObject({
  ...instrument,
  channel,
  role: z.enum(sensorRoles),
  /** The devices it watches over: what it feels limits these, and no others. */
  covers,
  period_ms: period.default(2000),
});

export const pdu = z.strictObject({
  ...instrument,
  /** How many outlets it has, where that is not what its map says. */
  outlets: z.int().min(1).max(64).exactOptional(),
  /** Outlets that are never switched: of the controller itself, of a network switch, of a pump. */
  protected: z.array(z.int().min(1).max(64)).default([]),
  /**
   * What the outlets of a model that can do so by itself do when this controller has fallen silent, whatever the cause:
   * a stop, a crash, an upgrade. `open` cuts what runs there after so many seconds; protected outlets hold.
   */
  dead_man: z
    .discriminatedUnion('outlets', [
      z.strictObject({ outlets: z.literal('hold') }),
      // A minute: an upgrade, or a re-plugged adapter, is no reason to cut.
      z.strictObject({ outlets: z.literal('open'), after_s: z.int().min(60).max(65_534) }),
    ])
    .default({ outlets: 'hold' }),
  period_ms: period.default(2000),
});
