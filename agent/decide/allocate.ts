/** Watts to devices: the most valuable run, the least valuable rest, at most one is partly filled. */
import type { Setting } from '#agent/state/observation.ts';
import { asleep } from '#agent/state/setting.ts';
import type { Range } from '#protocol/capability.ts';
import type { Watts } from '#protocol/units.ts';

/** A device as allocation sees it. */
export type Steerable = {
  readonly device: string;
  readonly home: Setting;
  /** Watts at home, and asleep. */
  readonly homeW: Watts;
  readonly residualW: Watts;
  /** Watts at full load: what a percent of the dial refers to. */
  readonly fullW: Watts;
  readonly dial: Range | undefined;
  /** Watts it goes on drawing when it ought to draw less and will not; undefined for one that does as told. */
  readonly stubbornW: Watts | undefined;
};

export type Allotted = {
  readonly device: string;
  readonly want: Setting;
  readonly watts: Watts;
  readonly stubborn: boolean;
};
export type Partial = { readonly device: string; readonly limit: number };
/**
 * Which device may be partly filled: any; only this one, at this setting; any, but this one rather keeps its setting
 * while that is near enough; or none.
 */
export type Filling = 'any' | { readonly only: Partial } | { readonly rather: Partial } | undefined;

/** `ranked` is best value per watt first. `budgetW` is for these devices together. */
export function allocate(ranked: readonly Steerable[], budgetW: Watts, filling: Filling): Allotted[] {
  const plain = fill(ranked, budgetW, filling);
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
  const refilled = new Map(fill(obeying, budgetW - defiantW, filling).map((each) => [each.device, each]));
  return ranked.flatMap(({ device }) => defiant.get(device) ?? refilled.get(device) ?? []);
}

/** Greedy: everyone gets what it draws asleep, then the best take what they need beyond that while it lasts. */
function fill(ranked: readonly Steerable[], budgetW: Watts, filling: Filling): Allotted[] {
  let leftW = budgetW - ranked.reduce((sum, each) => sum + each.residualW, 0);
  let mayFill = filling !== undefined;
  return ranked.map((each) => {
    const { device, home, homeW, residualW } = each;
    const needsW = homeW - residualW;
    if (needsW <= leftW + ROUNDING_W) {
      leftW -= needsW;
      return { device, want: home, watts: homeW, stubborn: false };
    }
    const partial = mayFill ? partlyFilled(each, leftW + residualW, filling) : undefined;
    if (!partial) return { device, want: asleep, watts: residualW, stubborn: false };
    mayFill = false;
    leftW -= partial.watts - residualW;
    return { device, want: { kind: 'awake', limit: partial.limit }, watts: partial.watts, stubborn: false };
  });
}

/** A partial setting is not raised for less than this: what a device draws at full is known to about a percent. */
const NEAR_STEPS = 2;
/** Sums of floats: a device is not put to sleep for a millionth of a watt. */
const ROUNDING_W = 1e-6;

function partlyFilled(each: Steerable, watts: Watts, filling: Filling): { limit: number; watts: Watts } | undefined {
  const { dial, device, home, fullW } = each;
  if (!dial || home.kind === 'asleep' || filling === undefined) return undefined;
  const unitW = dial.unit === 'percent' ? fullW / 100 : 1;
  const fits = ({ device: held, limit }: Partial) => held === device && limit * unitW <= watts + ROUNDING_W;
  if (filling !== 'any' && 'only' in filling) {
    const { only } = filling;
    return fits(only) ? { limit: only.limit, watts: only.limit * unitW } : undefined;
  }
  const limit = Math.min(
    dial.min + Math.floor((watts / unitW - dial.min + ROUNDING_W) / dial.step) * dial.step,
    dial.max,
  );
  if (filling !== 'any' && fits(filling.rather) && limit - filling.rather.limit <= NEAR_STEPS * dial.step) {
    return { limit: filling.rather.limit, watts: filling.rather.limit * unitW };
  }
  return limit >= dial.min ? { limit, watts: limit * unitW } : undefined;
}
