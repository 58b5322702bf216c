/** Watts to devices: the most valuable run, the least valuable rest, at most one is partly filled. */
import type { Setting } from '#agent/state/observation.ts';
import { asleep, awake } from '#agent/state/setting.ts';
import type { Range } from '#protocol/capability.ts';
import type { Watts } from '#protocol/units.ts';

/** A device as allocation sees it. */
export type Steerable = {
  readonly device: string;
  readonly home: Setting;
  readonly homeW: Watts;
  /** As far down as it goes: asleep, or at its dial's end where it cannot sleep. */
  readonly lowest: Setting;
  readonly lowestW: Watts;
  /** Watts it draws asleep, for one that is put to sleep only when everybody at the lowest is not enough. */
  readonly restW?: Watts | undefined;
  /** Watts at full load: what a percent of the dial refers to. */
  readonly fullW: Watts;
  readonly dial: Range | undefined;
  /** Watts it goes on drawing when it ought to draw less and will not; undefined for one that does as told. */
  readonly stubbornW: Watts | undefined;
  /** Whether it is no use for following a signal that changes often: then it takes its part before those that are. */
  readonly steady?: boolean;
  /** Its own home, where a price or a rest has put another in its place for now, and why. */
  readonly displaced?: { readonly home: Setting; readonly why: string };
};

export type Allotted = {
  readonly device: string;
  readonly want: Setting;
  readonly watts: Watts;
  readonly stubborn: boolean;
};

/** The one device that runs between its lowest and its full setting. */
export type PartFill = { readonly device: string; readonly limit: number };
/**
 * Which device may be partly filled: any; only this one, at this setting; any, but this one rather keeps its setting
 * while that is near enough; or none.
 */
export type Filling = 'any' | { readonly only: PartFill } | { readonly rather: PartFill } | undefined;

/** `ranked` is best value per watt first. `budgetW` is for these devices together. */
export function allocate(ranked: readonly Steerable[], budgetW: Watts, filling: Filling): Allotted[] {
  const plain = fill(resting(ranked, budgetW), budgetW, filling);
  // A device that does not do as told keeps drawing: what it takes beyond its plan is cut from the others instead.
  const defiant = new Map(
    ranked.flatMap(({ device, stubbornW }, i): [string, Allotted][] => {
      const own = plain[i];
      if (!own || stubbornW === undefined || stubbornW <= own.watts) return [];
      return [[device, { ...own, watts: stubbornW, stubborn: true }]];
    }),
  );
  if (defiant.size === 0) return plain;
  const defiantW = [...defiant.values()].reduce((sum, { watts }) => sum + watts, 0);
  const obeying = ranked.filter(({ device }) => !defiant.has(device));
  const leftW = budgetW - defiantW;
  const refilled = new Map(fill(resting(obeying, leftW), leftW, filling).map((each) => [each.device, each]));
  return ranked.flatMap(({ device }) => defiant.get(device) ?? refilled.get(device) ?? []);
}

/** Those that are worth least rest, as many as it takes until the others fit at their lowest. */
function resting(ranked: readonly Steerable[], budgetW: Watts): readonly Steerable[] {
  let overW = ranked.reduce((sum, { lowestW }) => sum + lowestW, 0) - budgetW;
  if (overW <= ROUNDING_W) return ranked;
  return ranked
    .toReversed()
    .map((each) => {
      const { restW, lowestW } = each;
      if (overW <= ROUNDING_W || restW === undefined) return each;
      overW -= lowestW - restW;
      return { ...each, home: asleep, homeW: restW, lowest: asleep, lowestW: restW };
    })
    .toReversed();
}

/** Greedy: everyone gets what it draws at its lowest, then the best take what they need beyond that while it lasts. */
function fill(ranked: readonly Steerable[], budgetW: Watts, filling: Filling): Allotted[] {
  let leftW = budgetW - ranked.reduce((sum, each) => sum + each.lowestW, 0);
  let mayFill = filling !== undefined;
  return ranked.map((each) => {
    const { device, home, homeW, lowest, lowestW } = each;
    const needsW = homeW - lowestW;
    if (needsW <= leftW + ROUNDING_W) {
      leftW -= needsW;
      return { device, want: home, watts: homeW, stubborn: false };
    }
    const partial = mayFill ? partlyFilled(each, leftW + lowestW, filling) : undefined;
    if (!partial) return { device, want: lowest, watts: lowestW, stubborn: false };
    mayFill = false;
    leftW -= partial.watts - lowestW;
    return { device, want: { kind: 'awake', limit: partial.limit }, watts: partial.watts, stubborn: false };
  });
}

/** Sums of floats: a device is not put to sleep for a millionth of a watt. */
const ROUNDING_W = 1e-6;

/** How far up devices are to rise together, in watts: to `floorW`, of which the ramp allows `liftW` now. */
export type Rise = { readonly floorW: Watts; readonly liftW: Watts; readonly budgetW: Watts };

/**
 * Above their homes, best first, until all together draw the floor; never above the budget. The last is raised only as
 * far as is needed, where its dial allows. While the ramp rises nobody follows it tick by tick: each goes to where the
 * floor itself will have it, once the ramp has room for that.
 */
export function raised(ranked: readonly Steerable[], allotted: readonly Allotted[], rise: Rise): Allotted[] {
  let drawnW = allotted.reduce((sum, { watts }) => sum + watts, 0);
  return allotted.map((own, i) => {
    const each = ranked[i];
    const missingW = rise.floorW - drawnW;
    const isHome = each !== undefined && own.watts === each.homeW && !own.stubborn;
    if (!isHome || missingW <= ROUNDING_W || each.fullW <= each.homeW) return own;
    const risen = riseOf(each, missingW, rise.budgetW - drawnW);
    if (!risen) return own;
    drawnW += risen.watts - own.watts;
    return Math.min(drawnW, rise.floorW) <= rise.liftW + ROUNDING_W ? risen : own;
  });
}

/** `missingW` more than at home, or as near to it as `mostW` more allows. */
function riseOf({ device, homeW, fullW, dial }: Steerable, missingW: Watts, mostW: Watts): Allotted | undefined {
  const full: Allotted = { device, want: awake, watts: fullW, stubborn: false };
  if (!dial) return fullW - homeW <= mostW + ROUNDING_W ? full : undefined;
  const stepsTo = (watts: Watts) => (watts / unitW(dial, fullW) - dial.min) / dial.step;
  const needed = Math.max(0, Math.ceil(stepsTo(homeW + missingW) - ROUNDING_W));
  const limit = dial.min + Math.min(needed, Math.floor(stepsTo(homeW + mostW) + ROUNDING_W)) * dial.step;
  if (limit >= dial.max) return full;
  const watts = limit * unitW(dial, fullW);
  return limit >= dial.min && watts > homeW ? { ...full, want: { kind: 'awake', limit }, watts } : undefined;
}

/** Watts of a device whose dial stands at `value`. */
export function wattsOn(dial: Range, value: number, fullW: Watts): Watts {
  return value * unitW(dial, fullW);
}

/** Watts that one unit of the dial stands for. */
function unitW({ unit }: Range, fullW: Watts): Watts {
  return unit === 'percent' ? fullW / 100 : 1;
}

/** A partial setting is not raised for less than this: what a device draws at full is known to about a percent. */
const NEAR_STEPS = 2;

function partlyFilled(each: Steerable, watts: Watts, filling: Filling): { limit: number; watts: Watts } | undefined {
  const { dial, device, home, fullW } = each;
  if (!dial || home.kind === 'asleep' || filling === undefined) return undefined;
  const at = (limit: number) => ({ limit, watts: limit * unitW(dial, fullW) });
  const fits = (held: PartFill) => held.device === device && at(held.limit).watts <= watts + ROUNDING_W;
  if (filling !== 'any' && 'only' in filling) return fits(filling.only) ? at(filling.only.limit) : undefined;
  const steps = Math.floor((watts / unitW(dial, fullW) - dial.min + ROUNDING_W) / dial.step);
  const limit = Math.min(dial.min + steps * dial.step, dial.max);
  if (filling !== 'any' && fits(filling.rather) && limit - filling.rather.limit <= NEAR_STEPS * dial.step) {
    return at(filling.rather.limit);
  }
  return limit >= dial.min ? at(limit) : undefined;
}
