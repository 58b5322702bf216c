/**
 * What a model of meter, sensor or PDU holds in its registers, as data: one JSON file per model in `maps/`. A map reads
 * like the vendor's table (type, scale and unit as printed there), but addresses are those on the wire, from zero.
 */
import * as z from 'zod';
import { maxRead } from './frames.ts';
import type { RuleBroken } from './map-rules.ts';
import { mapProblems } from './map-rules.ts';
import { pointKeys, unitNames } from './quantities.ts';

const order = z.enum(['big', 'little']);
const table = z.enum(['coil', 'discrete', 'holding', 'input']);
const address = z.int().min(0).max(0xffff);
const stride = z.int().min(1).max(0x1000);

/** From the most urgent on. */
export const pollClasses = ['fast', 'normal', 'slow', 'once'] as const;

/** A number in the registers, and how it is laid out there. */
const layout = {
  table,
  address,
  type: z.enum(['bit', 'u16', 's16', 'u32', 's32', 'u64', 's64', 'f32', 'f64']),
  /** Of the registers: `big` is high word first (ABCD), `little` low word first (CDAB). */
  word_order: order.default('big'),
  /** Of the two bytes within a register; `little` contradicts the Modbus specification, but exists. */
  byte_order: order.default('big'),
};

const point = z.strictObject({
  key: z.enum(pointKeys, { error: ({ input }) => `${String(input)} is none of the known keys` }),
  ...layout,
  /** Value in `unit` = raw x scale + offset. */
  scale: z
    .number()
    .refine((scale) => scale !== 0, 'is zero')
    .default(1),
  offset: z.number().default(0),
  /** Raw values from here on are below zero: for 10000, 10250 means -250. Only SHT30 sensors are known to do this. */
  negative_from: z.int().min(1).exactOptional(),
  /** Of the same table: holds as s16 the power of ten to multiply by besides. Read in one request with the value. */
  scale_register: address.exactOptional(),
  /** What the register counts, as the vendor's table prints it; converted to the unit that the key carries. */
  unit: z.enum(unitNames),
  /** Raw values that mean "not available", as upper-case hex with every digit: `0x8000`, `0xFFFFFFFF`. NaN needs none. */
  sentinels: z.array(z.string().regex(/^0x[0-9A-F]+$/, 'is not hex such as 0x8000')).default([]),
  /** The least and the most this point can really be, in the key's unit. Anything else is reported, never used. */
  safe_range: z.tuple([z.number(), z.number()]),
  /** The smallest step this point shows, in the key's unit. */
  resolution: z.number().positive().exactOptional(),
  /** `fast` is what an order needs at once, `normal` what people watch, `slow` counters, `once` what never changes. */
  poll_class: z.enum(pollClasses),
});

/** A number that a unit must show, in its registers' own terms. */
const mark = z.strictObject({ ...layout, one_of: z.array(z.number()).min(1) });

/** A number that may be written; what became of it is read back. */
const writing = {
  ...layout,
  table: z.enum(['coil', 'holding']),
  /** The least and the most that may be written, in the register's own terms. */
  range: z.tuple([z.number(), z.number()]),
  /** Where the number must stand afterwards, laid out alike; where it was written unless said. */
  read_back: z.strictObject({ table, address }).exactOptional(),
};
const writePoint = z.strictObject(writing);
/** Of the first outlet; `stride` to the next. */
const outletWrite = z.strictObject({ ...writing, stride });

/** What the model does by itself when its controller falls silent. */
const deadMan = z.strictObject({
  /** What keeps it from acting: polls do, where any request counts. No other way is known so far. */
  refreshed_by: z.literal('any_request'),
  /** After how many seconds of silence it acts. */
  time_out_s: writePoint,
  /** For each outlet, written in this order: what stands for leaving it as it is, and what for opening it. */
  outlet: z
    .array(outletWrite.extend({ hold: z.number().exactOptional(), open: z.number().exactOptional() }))
    .min(1, 'is empty'),
});

/** Sockets that are alike, each measured by itself and, where the model can, switched. */
const outlets = z.strictObject({
  /** How many the model has; a config may say otherwise for models of one family. */
  count: z.int().min(1).max(64),
  /** What is measured at the first one. */
  points: z.array(point).default([]),
  /** From the points of one outlet to those of the next, in registers. */
  stride,
  /** Closes an outlet by 1 and opens it by 0; a coil unless said. */
  switch: outletWrite
    .extend({
      table: writing.table.default('coil'),
      type: writing.type.default('bit'),
      range: writing.range.default([0, 1]),
    })
    .exactOptional(),
  dead_man: deadMan.exactOptional(),
  /** Those that are never switched, counted from 1: one that feeds the PDU's own network, say. A config may add others. */
  protected: z.array(z.int().min(1).max(64)).default([]),
  /** How long one stays open at least before it may be closed again, seconds. */
  min_off_s: z.number().min(0).max(3600),
  /** Between closing one and closing another, so that inrush currents do not add up, milliseconds. */
  stagger_ms: z.int().min(0).max(60_000),
});

/** Inputs that are alike: a config says which of them an instrument is. */
const channels = z.strictObject({
  count: z.int().min(2).max(64),
  /** Those of the first one; the model's own `points` go with each. */
  points: z.array(point).min(1, 'is empty'),
  /** From the points of one to those of the next, in registers. */
  stride,
});

const registerMap = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,64}$/, 'is not a name of a-z, 0-9 and -'),
  vendor: z.string().min(1),
  model: z.string().min(1),
  /** Other names this very map fits. */
  aliases: z.array(z.string().min(1)).default([]),
  /** Where the addresses come from: vendor document and page, or repository and file. */
  source: z.array(z.string().min(1)).min(1, 'names no source'),
  /** Who compared this map with the real device, when, and with which hardware and firmware. */
  verified: z.strictObject({ by: z.string().min(1), date: z.iso.date(), hardware: z.string().min(1) }).exactOptional(),
  /** What nobody has compared with the real device yet. */
  unverified: z.string().min(1).exactOptional(),
  /** What it speaks, and how it leaves the factory: where a search begins. */
  wire: z.strictObject({
    kinds: z.array(z.enum(['rtu', 'tcp'])).min(1),
    baud: z.int().min(1200).max(921_600).exactOptional(),
    parity: z.enum(['none', 'even', 'odd']).exactOptional(),
    stop_bits: z.literal([1, 2]).exactOptional(),
    unit: z.int().min(0).max(255).exactOptional(),
  }),
  /** Numbers by which a search knows this model from others. */
  probe: z.array(mark).default([]),
  /** Numbers without which the values would be wrong: read first, and without them nothing is believed. */
  requires: z.array(mark.extend({ why: z.string().min(1) })).default([]),
  /**
   * Without it, addresses are those on the wire. With it they count from the ID register of the first of these SunSpec
   * models, which is looked for.
   */
  base: z
    .strictObject({ kind: z.literal('sunspec'), models: z.array(z.int().min(1).max(0xfffe)).min(1) })
    .exactOptional(),
  /** The device's own limit where it is lower than the protocol's 125. */
  max_registers_per_read: z.int().min(1).max(maxRead.holding).default(maxRead.holding),
  /** For a device that refuses or spoils reads over a longer hole. Without it, the bus reads over what is cheaper. */
  hole_max: z.int().min(0).max(maxRead.holding).exactOptional(),
  /** No request may hold both a barrier's address and the one before it. */
  barriers: z.array(z.strictObject({ table, address })).default([]),
  /** The rest the device needs between an answer and the next request, milliseconds. */
  min_gap_ms: z.int().min(0).max(10_000).default(0),
  points: z.array(point).default([]),
  channels: channels.exactOptional(),
  outlets: outlets.exactOptional(),
});

export type RegisterMap = z.infer<typeof registerMap>;
export type Point = z.infer<typeof point>;
export type Mark = z.infer<typeof mark>;
export type WritePoint = z.infer<typeof writePoint>;
export type OutletWrite = z.infer<typeof outletWrite>;
export type DeadMan = z.infer<typeof deadMan>;
export type PollClass = Point['poll_class'];
export type OutletMap = z.infer<typeof outlets>;
export type Barrier = RegisterMap['barriers'][number];

export type MapProblem = RuleBroken & { file: string };

/** Everything that is wrong with a map, at once. */
export class RegisterMapError extends Error {
  readonly problems: readonly MapProblem[];

  constructor(problems: readonly MapProblem[]) {
    super(problems.map(sentence).join('\n'));
    this.name = 'RegisterMapError';
    this.problems = problems;
  }
}

/** Throws `RegisterMapError`. `file` is the name for messages; nothing is opened. */
export function parseRegisterMap(text: string, file: string): RegisterMap {
  const json = parseJson(text, file);
  const parsed = registerMap.safeParse(json);
  if (!parsed.success) throw new RegisterMapError(parsed.error.issues.map((issue) => schemaProblem(issue, json, file)));
  const problems = [...mapProblems(parsed.data)].map((problem) => ({ file, ...problem }));
  if (problems.length > 0) throw new RegisterMapError(problems);
  return parsed.data;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Never the words of the parser: they quote the file, which may be another one, such as a key.
    const where = /line \d+ column \d+/.exec(String(error))?.[0];
    throw new RegisterMapError([
      { file, rule: 'json', detail: where ? `it ends being JSON at ${where}` : 'it is no JSON' },
    ]);
  }
}

/** Names the point by its key where it has one, else by its place. */
function schemaProblem(issue: z.core.$ZodIssue, json: unknown, file: string): MapProblem {
  const at = issue.path.indexOf('points');
  const index = issue.path[at + 1];
  if (at < 0 || typeof index !== 'number') {
    return { file, rule: issue.path.join('.') || 'map', detail: issue.message };
  }
  const section = issue.path.slice(0, at).map((part) => `${String(part)}.`);
  const rule = issue.path.slice(at + 2).join('.') || 'point';
  const key = keyIn(json, issue.path.slice(0, at + 2)) ?? `points[${index}]`;
  return { file, point: key, rule: section.join('') + rule, detail: issue.message };
}

function keyIn(json: unknown, path: readonly PropertyKey[]): string | undefined {
  const found = path.reduce<unknown>(
    (inner, part) => (inner as Record<PropertyKey, unknown> | undefined)?.[part],
    json,
  );
  return z.object({ key: z.string() }).safeParse(found).data?.key;
}

function sentence(problem: MapProblem): string {
  return [problem.file, ...(problem.point ? [problem.point] : []), problem.rule, problem.detail].join(': ');
}
