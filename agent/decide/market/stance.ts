/**
 * Whether a device is to run, rest or take more than at home at this price of energy, and since when. A price that
 * flickers around what a device earns moves nothing, and no price moves it more often than the policy allows.
 */
import type { Policy } from '#agent/config/policy.ts';
import type { Millis } from '#protocol/units.ts';

export type Stance = 'rest' | 'home' | 'take';

/** Wall times: they last over a restart, and a day is a day. */
export type Standing = {
  readonly stance: Stance;
  readonly since: Millis;
  /** What has been asked of it since, while that waits for its turn. */
  readonly wish?: { readonly stance: Stance; readonly since: Millis };
  /** When it went to rest, within the last day. */
  readonly rests: readonly Millis[];
};

export type Weighing = {
  /** USD per MWh; undefined where no order names a price any more: then everyone is to be home. */
  readonly energy: number | undefined;
  /** Price at which running earns nothing; undefined when that cannot be told. */
  readonly breakEven: number | undefined;
  /** What coming back costs it, as a share of what it would earn in the time for which a high price is taken to last. */
  readonly restartCost: number;
  /** Where this device stands among those that follow one after the other, 0 to 1. */
  readonly place: number;
  readonly mayRaise: boolean;
  readonly wall: Millis;
};

export type Rules = Pick<Policy, 'market' | 'miners' | 'limits'>;

const DAY_MS: Millis = 86_400_000;
/** Racks that all hear of a high price at once do not let go in the same second. */
const LET_GO_SPREAD_S = 60;
const upwards: readonly Stance[] = ['rest', 'home', 'take'];

export function weigh(before: Standing, weighing: Weighing, { market, miners, limits }: Rules): Standing {
  const { wall, place, mayRaise } = weighing;
  const { wish: waiting, ...rest } = before;
  const rests = before.rests.filter((at) => wall - at < DAY_MS);
  const still = { ...rest, rests };
  const asked = stanceAsked(weighing, before.stance, market);
  const rises = upwards.indexOf(asked) > upwards.indexOf(before.stance);
  // A raise that had to wait takes its turn anew, as do those of all other racks.
  if (asked === before.stance || (rises && !mayRaise)) return still;
  const wish = waiting?.stance === asked ? waiting : { stance: asked, since: wall };
  const stays = (before.stance === 'rest' ? miners.min_off_s : miners.min_on_s) * 1000;
  const spreadMs = (rises ? limits.restore_window_s : Math.min(LET_GO_SPREAD_S, limits.restore_window_s)) * 1000;
  const tired = asked === 'rest' && rests.length >= miners.max_cycles_per_day;
  if (tired || wall - before.since < stays || wall - wish.since < place * spreadMs) return { ...still, wish };
  return { stance: asked, since: wall, rests: asked === 'rest' ? [...rests, wall] : rests };
}

function stanceAsked(
  { energy, breakEven, restartCost }: Weighing,
  now: Stance,
  { margin, take_when_paid }: Rules['market'],
): Stance {
  if (energy === undefined) return 'home';
  // Who is paid for taking energy needs no earnings.
  if (energy < 0) return take_when_paid ? 'take' : 'home';
  const calm = now === 'take' ? 'home' : now;
  if (breakEven === undefined) return calm;
  if (energy > breakEven * (1 + margin + restartCost)) return 'rest';
  return energy < breakEven * (1 - margin) ? 'home' : calm;
}
