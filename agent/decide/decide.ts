/**
 * (picture, policy, memory, now) -> {plan, memory}. No clock, no I/O, no randomness.
 *
 *   orders in force --level--> watts --compose--> ceiling --ramp--> line --share--> a setting for every device
 *
 * The plan is always home limited by what binds: restoring is the same plan without the order.
 */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { awake, sameSetting } from '#agent/state/setting.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { Watts } from '#protocol/units.ts';
import type { Allotted } from './allocate.ts';
import { frozenBaselines } from './baseline.ts';
import { bound, inForce } from './binding.ts';
import type { Envelope } from './compose.ts';
import { compose } from './compose.ts';
import { learnHomes, stillMoved } from './home.ts';
import { withPersons } from './persons.ts';
import type { Memory, Plan, PlannedDevice } from './plan.ts';
import type { Unreported } from './progress.ts';
import { progress } from './progress.ts';
import { moveLine } from './ramp.ts';
import type { Roster } from './roster.ts';
import { awaitsIdentity, ratedW, roster } from './roster.ts';
import { share } from './share.ts';

export type Decision = { readonly plan: Plan; readonly memory: Memory };

/** `rack` only seeds the delays that spread racks apart. */
export function decide(picture: Picture, policy: Policy, before: Memory, now: Now, rack: string): Decision {
  const memory = withPersons(picture, learnHomes(picture, policy, before, now));
  const crew = roster(picture, policy, memory, now);
  const fixedW = (feedMeter(picture)?.facts.otherLoadsW ?? 0) + sum(crew.leftAlone.map(({ watts }) => watts));
  const homeW = fixedW + sum(crew.steerable.map((each) => each.homeW));

  const orders = inForce(picture, policy, now, rack);
  const baselines = frozenBaselines(orders, picture, policy, memory, homeW, now);
  const bounds = bound(orders, picture, policy, { baselines }, ratedW(picture, policy), now, rack);
  const envelope = heldBy(compose(bounds, policy), homeW);
  const drawnW = freshMeter(feedMeter(picture), now)?.powerW ?? homeW;
  const around = { rack, policy, drawnW, homeW, mayRaise: picture.ordersKnown, now };
  const line = moveLine(memory.line, envelope, around);

  const { allotted, ranking, partial } = share(picture, crew, memory, fixedW, line, envelope.ceilingW);
  const expectedW = fixedW + sum(allotted.map(({ watts }) => watts));
  const shortByW = Math.max(0, expectedW - (line?.levelW ?? Number.POSITIVE_INFINITY));
  const devices = planned(picture, crew, allotted, memory, envelope.why).map((each) => ({
    ...each,
    lastResort: each.stubborn && shortByW > 0 && policy.miners.outlet === 'last_resort',
  }));
  const plan: Unreported = { levelW: envelope.ceilingW, lineW: line?.levelW, why: envelope.why, shortByW, devices };
  const moved = stillMoved(picture, memory, devices);
  const cutAt = moved.length > 0 ? now.mono : memory.cutAt;
  const next: Memory = {
    homes: memory.homes,
    persons: memory.persons,
    moved,
    ...(cutAt !== undefined && { cutAt }),
    ranking,
    ...(partial && { partial }),
    ...(line && { line }),
    baselines,
    tracks: memory.tracks,
  };
  const { tracks, steps } = progress({ picture, policy, memory: next, plan, bounds, now, rack });
  return { plan: { ...plan, steps }, memory: { ...next, tracks } };
}

/** A local ceiling above all that the rack would draw binds nothing: homes are learned below it. */
function heldBy(envelope: Envelope, homeW: Watts): Envelope {
  const idle = envelope.events.length === 0 && (envelope.ceilingW ?? 0) >= homeW;
  return idle ? { ...envelope, ceilingW: undefined, why: 'no order binds' } : envelope;
}

function planned(
  picture: Picture,
  { steerable, leftAlone }: Roster,
  allotted: readonly Allotted[],
  memory: Memory,
  why: string,
): Omit<PlannedDevice, 'lastResort'>[] {
  const homes = new Map(steerable.map(({ device, home }) => [device, home]));
  const steered = allotted.map(({ device, want, watts, stubborn }) => {
    const home = homes.get(device) ?? awake;
    const away = !sameSetting(want, home);
    // A device that is to be home and that we never moved is left as it is: whoever changed it meant it.
    const ours = away || memory.moved.includes(device);
    const hands: PlannedDevice['hands'] = ours && mayBeCalled(picture, device) ? 'on' : 'off';
    const atHome = home.kind === 'asleep' ? 'home: it slept before' : 'home: nothing asks for less';
    return { device, want, home, hands, expectedW: watts, stubborn, why: stubborn ? STUBBORN : away ? why : atHome };
  });
  const alone = leftAlone.map(({ device, home, watts, why: reason }) => ({
    device,
    want: home,
    home,
    hands: 'off' as const,
    expectedW: watts,
    stubborn: false,
    why: `left alone: ${reason}`,
  }));
  return [...steered, ...alone];
}

const STUBBORN = 'does not go down when told: others are cut in its place';

function mayBeCalled({ devices }: Picture, id: string): boolean {
  const device = devices[id];
  return device !== undefined && !awaitsIdentity(device);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
