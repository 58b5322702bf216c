/**
 * (picture, policy, memory, now) -> {plan, memory}. No clock, no I/O, no randomness.
 *
 *   orders in force --level--> watts --compose--> envelope --ramp--> line, lift --share--> a setting for every device
 *
 * The plan is always home limited by what binds: restoring is the same plan without the order. `decide` reads as the
 * steps follow each other; what each of them does is told at its own place, below or in its own file.
 */
import type { Policy } from '#agent/config/policy.ts';
import { someOf } from '#agent/state/devices.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { Watts } from '#protocol/units.ts';
import type { BalanceMemory } from './balance/balance.ts';
import { evened } from './balance/evened.ts';
import { advanced, underTest, withTested } from './commission/run.ts';
import type { Surroundings } from './course/ramp.ts';
import { moveLift, moveLine } from './course/ramp.ts';
import type { Pace } from './course/rest.ts';
import { isHurried, paced, rested } from './course/rest.ts';
import type { Trim } from './course/trim.ts';
import { keptTrim, learnedTrim } from './course/trim.ts';
import { inForce } from './demand/binding.ts';
import type { Envelope } from './demand/compose.ts';
import type { Demand } from './demand/demand.ts';
import { demanded } from './demand/demand.ts';
import { withUsage } from './demand/usage.ts';
import type { Draw, Given } from './given.ts';
import { drawOf } from './given.ts';
import type { Market } from './market/market.ts';
import { market } from './market/market.ts';
import type { Placement } from './place/placement.ts';
import { placement } from './place/placement.ts';
import type { Lift, Line, Memory, Plan } from './plan.ts';
import type { Unreported } from './progress/progress.ts';
import { progress } from './progress/progress.ts';
import { whyNoRaise } from './safety/guard.ts';
import type { HeatMemory, ZoneHeat } from './safety/heat.ts';
import { heatOf, whyNoStart } from './safety/heat.ts';
import type { Limited } from './safety/limited.ts';
import { limited, tripped } from './safety/limited.ts';
import type { Started } from './safety/starts.ts';
import { started } from './safety/starts.ts';
import { learnHomes, stillMoved } from './share/home.ts';
import { withPersons } from './share/persons.ts';
import { planned } from './share/planned.ts';
import type { Roster } from './share/roster.ts';
import { roster } from './share/roster.ts';
import type { Bounds } from './share/share.ts';
import { sum } from './sum.ts';
import { withNotices } from './switch/ladder.ts';

export type Decision = { readonly plan: Plan; readonly memory: Memory };

/** `rack` only seeds the delays that spread racks apart. */
export function decide(picture: Picture, policy: Policy, before: Memory, now: Now, rack: string): Decision {
  const { memory, ours } = broughtUpToDate(before, picture, policy, now);
  const given: Given = { picture, policy, memory, ours, now, rack };
  const orders = inForce(picture, policy, now, rack);
  const noRaise = whyNoRaise(picture, policy, now) ?? whyNoStart(picture, policy, now);
  const mayRaise = picture.ordersKnown && noRaise === undefined;
  const priced = market({ orders, picture, policy, before: memory.market, mayRaise, now, rack });
  const crew = roster(given, priced.moved);
  const draw = drawOf(crew, picture);

  const demand = demanded(given, orders, crew.ratedW, draw);
  const course = ramped(given, demand.envelope, draw, { mayRaise, guarded: noRaise !== undefined });
  const shares = sharedOut(given, crew, draw, demand.envelope, course, priced);
  const starts = settings(given, crew, demand, shares);
  const placed = placement(given, starts.devices, crew);

  const all: Steps = { given, noRaise, priced, draw, demand, course, shares, starts, placed };
  const plan = planOf(all);
  const next = remembered(all);
  const { tracks, steps } = progress({ picture, policy, memory: next, plan, bounds: demand.bounds, now, rack });
  return { plan: { ...plan, steps: [...demand.response.steps, ...steps] }, memory: { ...next, tracks } };
}

/** What the picture alone has to teach: homes, what the rack draws, what persons have done, and how far commissioning is. */
function broughtUpToDate(before: Memory, picture: Picture, policy: Policy, now: Now): Pick<Given, 'memory' | 'ours'> {
  const learned = learnHomes(picture, policy, before, now);
  const run = advanced(picture, policy, learned, now);
  const { run: _before, ...rest } = learned;
  const usage = withUsage(learned, picture, policy, now);
  const tested: Memory = { ...rest, moved: withTested(learned.moved, run), usage, ...(run && { run }) };
  const ours = someOf(picture.devices, tested.moved);
  return { memory: withPersons(picture, tested, ours, now), ours };
}

/** Where the rack is on its way to the envelope. */
type Course = {
  readonly line: Line | undefined;
  readonly lift: Lift | undefined;
  readonly trim: Trim;
  readonly pace: Pace;
};

function ramped(
  { picture, policy, memory, now, rack }: Given,
  envelope: Envelope,
  { homeW, leastW, mostW }: Draw,
  raising: Pick<Surroundings, 'mayRaise' | 'guarded'>,
): Course {
  // A meter that jumps does not make a cut begin from where the rack cannot be.
  const drawnW = Math.min(freshMeter(feedMeter(picture), now)?.powerW ?? homeW, mostW);
  const around: Surroundings = { rack, policy, drawnW, homeW, ...raising, now };
  const evening = memory.balance !== undefined;
  return {
    line: moveLine(memory.line, envelope, around),
    lift: moveLift(memory.lift, envelope, around),
    trim: learnedTrim(memory.trim, { picture, envelope, leastW, evening, now }),
    pace: paced(memory.pace, envelope.ceilingW ?? envelope.floorW, now),
  };
}

/** What every device is to draw, and how far that is from what is asked. */
type Shares = Limited & {
  readonly heat: readonly ZoneHeat[];
  readonly heatMemory: HeatMemory;
  readonly balance: BalanceMemory | undefined;
  readonly expectedW: Watts;
  readonly shortByW: Watts;
};

/** The line's watts among those that may be steered, and then, last and whoever asked, within what safety allows. */
function sharedOut(
  { picture, policy, memory, now }: Given,
  crew: Roster,
  { fixedW }: Draw,
  envelope: Envelope,
  { line, lift, trim, pace }: Course,
  { prices }: Market,
): Shares {
  const hurried = isHurried(pace, now) || (policy.balance !== undefined && line !== undefined);
  const steeredW = (watts: Watts | undefined) => (watts === undefined ? undefined : watts - fixedW - trim.watts);
  const within: Bounds = {
    lineW: steeredW(line?.levelW),
    levelW: steeredW(envelope.ceilingW),
    askedW: envelope.ceilingW,
    liftW: steeredW(lift?.levelW),
    floorW: steeredW(envelope.floorW),
    hurried,
    confidence: policy.confidence,
    measure: { prices, deadlineS: envelope.deadlineS },
  };
  const willing = rested(crew, picture, pace, hurried, now);
  const { sharing, balance } = evened(picture, policy, willing, memory, within, now);
  const { heat, memory: heatMemory } = heatOf(picture, policy, memory.heat, now);
  const safe = limited(sharing, picture, policy, heat);
  const expectedW = fixedW + sum(safe.sharing.allotted.map(({ watts }) => watts));
  const shortByW = Math.max(0, expectedW - (line?.levelW ?? Number.POSITIVE_INFINITY));
  return { ...safe, heat, heatMemory, balance, expectedW, shortByW };
}

/** A setting for every device, with its reason. */
function settings(
  { picture, policy, memory, ours, now }: Given,
  { leftAlone }: Roster,
  { envelope, bounds }: Demand,
  { sharing, whyLess, heat, shortByW }: Shares,
): Started {
  const mayUnpower = shortByW > 0 && policy.miners.outlet === 'last_resort';
  const shared = planned({ picture, sharing, leftAlone, ours, envelope, whyLess, mayUnpower, now });
  const safe = tripped(underTest(shared, memory.run), picture, policy, heat, now);
  const starts = started(safe, picture, policy, memory.starts, now);
  return { ...starts, devices: withNotices(starts.devices, picture, bounds, now) };
}

/** What the steps have come to. */
type Steps = {
  readonly given: Given;
  readonly noRaise: string | undefined;
  readonly priced: Market;
  readonly draw: Draw;
  readonly demand: Demand;
  readonly course: Course;
  readonly shares: Shares;
  readonly starts: Started;
  readonly placed: Placement;
};

function planOf({ noRaise, priced, draw, demand, course, shares, starts, placed }: Steps): Unreported {
  const { envelope, response } = demand;
  return {
    levelW: envelope.ceilingW,
    lineW: course.line?.levelW,
    liftW: course.lift?.levelW,
    why: envelope.ceilingW === undefined ? envelope.whyMore : envelope.why,
    asked: envelope.asked,
    shortByW: shares.shortByW,
    leastW: draw.leastW,
    mostW: draw.mostW,
    devices: starts.devices,
    frequency: response.frequency,
    sags: response.grid.sags,
    market: priced.told,
    staging: placed.staging,
    bays: placed.bays,
    ...whyUnsafe(shares, starts),
    noRaise,
  };
}

/** Each reason once: what took watts away, what has tripped, and what keeps devices from starting. */
function whyUnsafe({ heat, whyLess }: Shares, { held }: Started): Pick<Plan, 'trips' | 'safety'> {
  const trips = heat.filter(({ tripped: isTripped }) => isTripped).map(({ why }) => why);
  return { trips, safety: [...new Set([...trips, ...whyLess.values(), ...held])] };
}

/** `tracks` are those of before: how far the orders are is judged by what is remembered here. */
function remembered({ given, priced, demand, course, shares, starts, placed }: Steps): Memory {
  const { memory, now } = given;
  const { homes, persons, tracks, run } = memory;
  const { ranking, partial, reserve } = shares.sharing;
  const { line, lift, trim, pace } = course;
  const moved = withTested(stillMoved(given, starts.devices), run);
  const cutAt = moved.length > 0 ? now.mono : memory.cutAt;
  return {
    homes,
    persons,
    moved,
    ...(cutAt !== undefined && { cutAt }),
    ranking,
    ...(partial && { partial }),
    ...(reserve && { reserve }),
    ...(line && { line }),
    ...(lift && { lift }),
    baselines: demand.baselines,
    usage: memory.usage,
    market: priced.standings,
    stages: placed.stages,
    appetite: placed.appetite,
    tracks,
    grid: demand.response.grid,
    heat: shares.heatMemory,
    starts: starts.memory,
    trim: keptTrim(trim, shares.expectedW, now),
    pace,
    ...(run && { run }),
    ...(shares.balance && { balance: shares.balance }),
  };
}
