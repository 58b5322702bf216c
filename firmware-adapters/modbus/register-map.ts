/**
 * What a model of meter, sensor or PDU holds in its registers, as data: one JSON file per model in `maps/`. A map reads
 * like the vendor's table (type, scale and unit as printed there), but addresses are those on the wire, from zero.
 */
import * as z from 'zod';
import { sentinelValue, widthOf } from './decode.ts';
import { maxRead } from './frames.ts';
import { factorTo, pointKeys, unitNames } from './quantities.ts';

const order = z.enum(['big', 'little']);
const table = z.enum(['coil', 'discrete', 'holding', 'input']);
const address = z.int().min(0).max(0xffff);

/** From the most urgent on. */
export const pollClasses = ['fast', 'normal', 'slow', 'once'] as const;

const point = z.strictObject({
  key: z.enum(pointKeys),
  table,
  address,
  type: z.enum(['bit', 'u16', 's16', 'u32', 's32', 'u64', 's64', 'f32', 'f64']),
  /** Of the registers: `big` is high word first (ABCD), `little` low word first (CDAB). */
  word_order: order.default('big'),
  /** Of the two bytes within a register; `little` contradicts the Modbus specification, but exists. */
  byte_order: order.default('big'),
  /** Value in `unit` = raw x scale + offset. */
  scale: z
    .number()
    .refine((scale) => scale !== 0, 'is zero')
    .default(1),
  offset: z.number().default(0),
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

/** Sockets that are alike, each measured and switched by itself. */
const outlets = z.strictObject({
  /** How many the model has; a config may say otherwise for models of one family. */
  count: z.int().min(1).max(64),
  /** What is measured at the first one. */
  points: z.array(point).default([]),
  /** From the points of one outlet to those of the next, in registers. */
  stride: z.int().min(1).max(0x1000),
  /** The coil that closes the first one, read and written alike; `stride` to the next. */
  switch: z.strictObject({ address, stride: z.int().min(1).max(0x1000) }),
  /** How long one stays open at least before it may be closed again, seconds. */
  min_off_s: z.number().min(0).max(3600),
  /** Between closing one and closing another, so that inrush currents do not add up, milliseconds. */
  stagger_ms: z.int().min(0).max(60_000),
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
  /** The device's own limit where it is lower than the protocol's 125. */
  max_registers_per_read: z.int().min(1).max(maxRead.holding).default(maxRead.holding),
  /** For a device that refuses or spoils reads over a longer hole. Without it, the bus reads over what is cheaper. */
  hole_max: z.int().min(0).max(maxRead.holding).exactOptional(),
  /** No request may hold both a barrier's address and the one before it. */
  barriers: z.array(z.strictObject({ table, address })).default([]),
  /** The rest the device needs between an answer and the next request, milliseconds. */
  min_gap_ms: z.int().min(0).max(10_000).default(0),
  points: z.array(point).min(1, 'is empty'),
  outlets: outlets.exactOptional(),
});

export type RegisterMap = z.infer<typeof registerMap>;
export type Point = z.infer<typeof point>;
export type PollClass = Point['poll_class'];
export type OutletMap = z.infer<typeof outlets>;
export type Barrier = RegisterMap['barriers'][number];

/** `point` is the key of the point, or absent where the map as a whole is wrong. `rule` names what was broken. */
export type MapProblem = { file: string; point?: string; rule: string; detail: string };

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

type Problem = Omit<MapProblem, 'file'>;

function* mapProblems(map: RegisterMap): Iterable<Problem> {
  if ((map.verified === undefined) === (map.unverified === undefined)) {
    yield { rule: 'verified', detail: 'says either verified or unverified' };
  }
  for (const [index, each] of map.points.entries()) {
    yield* pointProblems(each);
    yield* requestProblems(each, map);
    for (const earlier of map.points.slice(0, index)) yield* pairProblems(each, earlier);
  }
  if (map.outlets) yield* outletProblems(map.outlets, map);
}

function* outletProblems({ count, points, stride, switch: coil }: OutletMap, map: RegisterMap): Iterable<Problem> {
  const problem = (rule: string, detail: string) => ({ rule: `outlets.${rule}`, detail });
  for (const [index, each] of points.entries()) {
    const last = { ...each, address: each.address + (count - 1) * stride };
    for (const found of [...pointProblems(each), ...requestProblems(last, map)]) {
      yield { ...problem(found.rule, found.detail), point: each.key };
    }
    for (const earlier of points.slice(0, index)) yield* pairProblems(each, earlier);
    if (widthOf(each.type) > stride) yield problem('stride', `${stride} lets the outlets overlap in ${each.key}`);
  }
  if (coil.address + (count - 1) * coil.stride > 0xffff) yield problem('switch', 'the last coil is past address 65535');
}

function* pointProblems(each: Point): Iterable<Problem> {
  const problem = (rule: string, detail: string) => ({ point: each.key, rule, detail });
  const [least, most] = each.safe_range;
  if (least >= most) yield problem('safe_range', `from ${least} to ${most} leaves nothing`);
  if (factorTo(each.key, each.unit) === undefined) yield problem('unit', `${each.unit} does not measure ${each.key}`);
  // Frequency rules refuse a meter too coarse for them, so they must know.
  if (each.key === 'frequency_hz' && each.resolution === undefined) yield problem('resolution', 'is missing');
  if (isBit(each) !== (each.type === 'bit')) yield problem('type', `table ${each.table} does not hold ${each.type}`);
  for (const sentinel of each.sentinels) {
    const digits = widthOf(each.type) * 4;
    const value = sentinel.length === digits + 2 ? sentinelValue(each, sentinel) : undefined;
    if (value === undefined) yield problem('sentinels', `${sentinel} does not have ${digits} digits`);
    else if (value >= least && value <= most) yield problem('sentinels', `${sentinel} is ${value}, within safe_range`);
  }
}

/** A value read in two halves may be half old and half new, so every point must fit into one request. */
function* requestProblems(each: Point, map: RegisterMap): Iterable<Problem> {
  const width = widthOf(each.type);
  const problem = (rule: string, detail: string) => ({ point: each.key, rule, detail });
  if (each.address + width > 0x10000) yield problem('address', 'the value ends past address 65535');
  if (width > map.max_registers_per_read)
    yield problem('max_registers_per_read', `splits a value of ${width} registers`);
  const split = map.barriers.find(
    (at) => at.table === each.table && at.address > each.address && at.address < endOf(each),
  );
  if (split) yield problem('barriers', `the one at ${split.address} splits a value of ${width} registers`);
}

function* pairProblems(each: Point, earlier: Point): Iterable<Problem> {
  if (each.key === earlier.key) yield { point: each.key, rule: 'key', detail: 'is there twice' };
  const apart = each.table !== earlier.table || each.address >= endOf(earlier) || earlier.address >= endOf(each);
  const alike = each.address === earlier.address && layoutOf(each) === layoutOf(earlier);
  if (!apart && !alike) {
    const detail = `${layoutOf(each)} at ${each.address} cuts into ${earlier.key}, ${layoutOf(earlier)} at ${earlier.address}`;
    yield { point: each.key, rule: 'overlap', detail };
  }
}

function isBit(each: Point): boolean {
  return each.table === 'coil' || each.table === 'discrete';
}

function endOf(each: Point): number {
  return each.address + widthOf(each.type);
}

function layoutOf(each: Point): string {
  return `${each.type} ${each.word_order}/${each.byte_order}`;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RegisterMapError([{ file, rule: 'json', detail: String(error) }]);
  }
}

const keyed = z.object({ points: z.array(z.unknown()) });
const named = z.object({ key: z.string() });

/** Names the point by its key where it has one, else by its place. */
function schemaProblem(issue: z.core.$ZodIssue, json: unknown, file: string): MapProblem {
  const [first, index, ...rest] = issue.path;
  if (first !== 'points' || typeof index !== 'number') {
    return { file, rule: issue.path.join('.') || 'map', detail: issue.message };
  }
  const key = named.safeParse(keyed.safeParse(json).data?.points[index]).data?.key;
  return { file, point: key ?? `points[${index}]`, rule: rest.join('.') || 'point', detail: issue.message };
}

function sentence(problem: MapProblem): string {
  return [problem.file, ...(problem.point ? [problem.point] : []), problem.rule, problem.detail].join(': ');
}
