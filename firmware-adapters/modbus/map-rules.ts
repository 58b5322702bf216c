/** What no schema can see in a register map: addresses that collide, values that would be split, units of something else. */
import { rawNumber, sentinelValue, spanOf, widthOf, wordsOf } from './decode.ts';
import { factorTo } from './quantities.ts';
import type { Mark, OutletMap, OutletWrite, Point, RegisterMap } from './register-map.ts';
import { shifted } from './repeats.ts';

/** `point` is the key of the point, or absent where the map as a whole is wrong. `rule` names what was broken. */
export type RuleBroken = { point?: string; rule: string; detail: string };

/** Every rule that the map breaks. */
export function* mapProblems(map: RegisterMap): Iterable<RuleBroken> {
  if ((map.verified === undefined) === (map.unverified === undefined)) {
    yield { rule: 'verified', detail: 'says either verified or unverified' };
  }
  const { points, channels, outlets } = map;
  if (points.length === 0 && !channels && !outlets) yield { rule: 'points', detail: 'is empty' };
  const { barriers, probe, requires } = map;
  if (map.base && (outlets || channels || [...barriers, ...probe, ...requires].length > 0)) {
    yield { rule: 'base', detail: 'leaves outlets, channels, barriers, probe and requires without a place' };
  }
  yield* groupProblems(points, map);
  if (channels) yield* repeatedProblems('channels', channels, points, map);
  if (outlets) yield* outletProblems(outlets, map);
  for (const each of [...probe, ...requires]) yield* markProblems(each);
}

function* groupProblems(points: readonly Point[], map: RegisterMap): Iterable<RuleBroken> {
  for (const [index, each] of points.entries()) {
    yield* pointProblems(each);
    yield* requestProblems(each, map);
    for (const earlier of points.slice(0, index)) yield* pairProblems(each, earlier);
  }
}

type Repeated = { count: number; points: readonly Point[]; stride: number };

/** `beside` are points that stand in one reading with each of them. */
function* repeatedProblems(
  section: string,
  { count, points, stride }: Repeated,
  beside: readonly Point[],
  map: RegisterMap,
): Iterable<RuleBroken> {
  for (const [index, each] of points.entries()) {
    const last = shifted(each, (count - 1) * stride);
    const others = [...points.slice(0, index), ...beside].flatMap((other) => [...pairProblems(each, other)]);
    for (const found of [...pointProblems(each), ...requestProblems(last, map), ...others]) {
      yield { ...found, rule: `${section}.${found.rule}` };
    }
    if (widthOf(each.type) > stride) {
      yield { rule: `${section}.stride`, detail: `${stride} lets the ${section} overlap in ${each.key}` };
    }
  }
}

function* outletProblems(outlets: OutletMap, map: RegisterMap): Iterable<RuleBroken> {
  const { count, switch: relay, dead_man: deadMan, protected: kept } = outlets;
  yield* repeatedProblems('outlets', outlets, [], map);
  if (relay) yield* writeProblems('outlets.switch', relay, count, [0, 1]);
  if (deadMan) {
    yield* writeProblems('outlets.dead_man.time_out_s', { ...deadMan.time_out_s, stride: 0 }, 1, []);
    for (const { hold, open, ...each } of deadMan.outlet) {
      yield* writeProblems('outlets.dead_man.outlet', each, count, [hold, open]);
    }
    for (const wanted of ['hold', 'open'] as const) {
      if (deadMan.outlet.some((each) => each[wanted] !== undefined)) continue;
      yield { rule: 'outlets.dead_man.outlet', detail: `says nowhere what stands for ${wanted}` };
    }
  }
  for (const outlet of kept.filter((each) => each > count)) {
    yield { rule: 'outlets.protected', detail: `there is no outlet ${outlet} among ${count}` };
  }
}

/** `values` are those that will be written. */
function* writeProblems(
  rule: string,
  point: OutletWrite,
  count: number,
  values: readonly (number | undefined)[],
): Iterable<RuleBroken> {
  const [least, most] = point.range;
  for (const place of [point, ...(point.read_back ? [point.read_back] : [])]) {
    if (isBit(place) !== (point.type === 'bit'))
      yield { rule, detail: `table ${place.table} does not hold ${point.type}` };
    if (place.address + (count - 1) * point.stride + widthOf(point.type) > 0x10000) {
      yield { rule, detail: 'the last one is past address 65535' };
    }
  }
  if (least > most) yield { rule, detail: `from ${least} to ${most} leaves nothing to write` };
  for (const value of [least, most].filter((each) => !isHeldBy(point, each))) {
    yield { rule, detail: `${point.type} does not hold ${value}` };
  }
  for (const value of values) {
    if (value === undefined || (value >= least && value <= most)) continue;
    yield { rule, detail: `${value} is not between ${least} and ${most}` };
  }
}

function isHeldBy(point: OutletWrite, value: number): boolean {
  try {
    return rawNumber(point, wordsOf(point, value)) === value;
  } catch {
    return false;
  }
}

function* pointProblems(each: Point): Iterable<RuleBroken> {
  const problem = (rule: string, detail: string) => ({ point: each.key, rule, detail });
  const [least, most] = each.safe_range;
  if (least >= most) yield problem('safe_range', `from ${least} to ${most} leaves nothing`);
  if (factorTo(each.key, each.unit) === undefined) yield problem('unit', `${each.unit} does not measure ${each.key}`);
  // Frequency rules refuse a meter too coarse for them, so they must know.
  if (each.key === 'frequency_hz' && each.resolution === undefined) yield problem('resolution', 'is missing');
  if (isBit(each) !== (each.type === 'bit')) yield problem('type', `table ${each.table} does not hold ${each.type}`);
  if (each.scale_register !== undefined && (isBit(each) || each.type.startsWith('f'))) {
    yield problem('scale_register', `scales integers, not ${each.type}`);
  }
  if (each.negative_from !== undefined && !each.type.startsWith('u')) {
    yield problem('negative_from', `makes no sense of ${each.type}, which has a sign`);
  }
  for (const sentinel of each.sentinels) {
    const digits = widthOf(each.type) * 4;
    const value = sentinel.length === digits + 2 ? sentinelValue(each, sentinel) : undefined;
    if (value === undefined) yield problem('sentinels', `${sentinel} does not have ${digits} digits`);
    // What a power of ten makes of it is known only when both have been read.
    else if (each.scale_register === undefined && value >= least && value <= most)
      yield problem('sentinels', `${sentinel} is ${value}, within safe_range`);
  }
}

/** A value read in two halves may be half old and half new, so every point must fit into one request. */
function* requestProblems(each: Point, map: RegisterMap): Iterable<RuleBroken> {
  const { address, count } = spanOf(each);
  const problem = (rule: string, detail: string) => ({ point: each.key, rule, detail });
  if (address + count > 0x10000) yield problem('address', 'the value ends past address 65535');
  if (count > map.max_registers_per_read) {
    yield problem('max_registers_per_read', `splits a value of ${count} registers`);
  }
  const split = map.barriers.find(
    (at) => at.table === each.table && at.address > address && at.address < address + count,
  );
  if (split) yield problem('barriers', `the one at ${split.address} splits a value of ${count} registers`);
}

function* pairProblems(each: Point, earlier: Point): Iterable<RuleBroken> {
  if (each.key === earlier.key) yield { point: each.key, rule: 'key', detail: 'is there twice' };
  const apart = each.table !== earlier.table || each.address >= endOf(earlier) || earlier.address >= endOf(each);
  const alike = each.address === earlier.address && layoutOf(each) === layoutOf(earlier);
  if (!apart && !alike) {
    const detail = `${layoutOf(each)} at ${each.address} cuts into ${earlier.key}, ${layoutOf(earlier)} at ${earlier.address}`;
    yield { point: each.key, rule: 'overlap', detail };
  }
}

function* markProblems(each: Mark): Iterable<RuleBroken> {
  const problem = (detail: string) => ({ rule: 'probe', detail: `${each.table} ${each.address}: ${detail}` });
  if (isBit(each) !== (each.type === 'bit')) yield problem(`does not hold ${each.type}`);
  if (endOf(each) > 0x10000) yield problem('the value ends past address 65535');
}

function isBit(each: Pick<Point, 'table'>): boolean {
  return each.table === 'coil' || each.table === 'discrete';
}

function endOf(each: Pick<Point, 'address' | 'type'>): number {
  return each.address + widthOf(each.type);
}

function layoutOf(each: Point): string {
  return `${each.type} ${each.word_order}/${each.byte_order}`;
}
