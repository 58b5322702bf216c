/**
 * (picture, policy, memory, now) -> {plan, memory}. No clock, no I/O, no randomness.
 *
 *   orders in force --level--> watts --compose--> envelope --ramp--> line, lift --share--> a setting for every device
 *
 * The plan is always home limited by what binds: restoring is the same plan without the order.
 */
import type { Policy } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { Watts } from '#protocol/units.ts';
import { evened } from './balance/evened.ts';
import { frozenBaselines } from './baseline.ts';
import { bound, inForce } from './binding.ts';
import { advanced, underTest, withTested } from './commission/run.ts';
import type { Envelope } from './compose.ts';
import { pulled, standing } from './frequency/pull.ts';
import { respond } from './frequency/respond.ts';
import { whyNoRaise } from './guard.ts';
import { learnHomes, stillMoved } from './home.ts';
import { withNotices } from './ladder.ts';
import { market } from './market/market.ts';
import { withPersons } from './persons.ts';
import type { Memory, Plan } from './plan.ts';
import { planned } from './planned.ts';
import type { Unreported } from './progress.ts';
import { progress } from './progress.ts';
import type { Surroundings } from './ramp.ts';
import { moveLift, moveLine } from './ramp.ts';
import { isHurried, paced, rested } from './rest.ts';
import { roster } from './roster.ts';
import { heatOf, whyNoStart } from './safety/heat.ts';
import { limited, tripped } from './safety/limited.ts';
import type { Bounds } from './share.ts';
import { keptTrim, learnedTrim } from './trim.ts';

export type Decision = { readonly plan: Plan; readonly memory: Memory };

/** `rack` only seeds the delays that spread racks apart. */
export function decide(picture: Picture, policy: Policy, before: Memory, now: Now, rack: string): Decision {
  const known = withPersons(picture, learnHomes(picture, policy, before, now), now);
  const run = advanced(picture, policy, known, now);
  const memory = { ...known, moved: withTested(known.moved, run) };
  const orders = inForce(picture, policy, now, rack);
  const noRaise = whyNoRaise(picture, policy, now) ?? whyNoStart(picture, policy, now);
  const mayRaise = picture.ordersKnown && noRaise === undefined;
  const priced = market({ orders, picture, policy, before: memory.market, mayRaise, now, rack });
  const crew = roster(picture, policy, memory, now, priced.moved);
  const fixedW = (feedMeter(picture)?.facts.otherLoadsW ?? 0) + sum(crew.leftAlone.map(({ watts }) => watts));
  const homeW = fixedW + sum(crew.steerable.map((each) => each.homeW));
  const leastW = fixedW + sum(crew.steerable.map(({ stubbornW, restW, lowestW }) => stubbornW ?? restW ?? lowestW));
  const mostW = fixedW + sum(crew.steerable.map(({ fullW }) => fullW));

  const baselines = frozenBaselines(orders, picture, policy, memory, homeW, now);
  const response = respond(orders, feedMeter(picture), policy, memory.grid, now);
  const ordered = bound(orders, picture, policy, { baselines }, crew.ratedW, now, rack);
  const { bounds, envelope: pulledOn } = pulled(ordered, response.pulls, policy, homeW);
  const held = heldBy(pulledOn, homeW);
  const envelope = { ...held, events: [...new Set([...held.events, ...standing(orders)])] };
  // A meter that jumps does not make a cut begin from where the rack cannot be.
  const drawnW = Math.min(freshMeter(feedMeter(picture), now)?.powerW ?? homeW, mostW);
  const around: Surroundings = { rack, policy, drawnW, homeW, mayRaise, guarded: noRaise !== undefined, now };
  const line = moveLine(memory.line, envelope, around);
  const lift = moveLift(memory.lift, envelope, around);

  const trim = learnedTrim(memory.trim, { picture, envelope, leastW, evening: memory.balance !== undefined, now });
  const steeredW = (watts: Watts | undefined) => (watts === undefined ? undefined : watts - fixedW - trim.watts);
  const pace = paced(memory.pace, envelope.ceilingW ?? envelope.floorW, now);
  const hurried = isHurried(pace, now) || (policy.balance !== undefined && line !== undefined);
  const within: Bounds = {
    lineW: steeredW(line?.levelW),
    levelW: steeredW(envelope.ceilingW),
    askedW: envelope.ceilingW,
    liftW: steeredW(lift?.levelW),
    floorW: steeredW(envelope.floorW),
    hurried,
    confidence: policy.confidence,
    measure: { prices: priced.prices, deadlineS: envelope.deadlineS },
  };
  const { sharing: asked, balance } = evened(
    picture,
    policy,
    rested(crew, picture, pace, hurried, now),
    memory,
    within,
    now,
  );
  const { heat, memory: heatMemory } = heatOf(picture, policy, memory.heat, now);
  const { sharing, whyLess } = limited(asked, policy, heat);
  const expectedW = fixedW + sum(sharing.allotted.map(({ watts }) => watts));
  const shortByW = Math.max(0, expectedW - (line?.levelW ?? Number.POSITIVE_INFINITY));
  const mayUnpower = shortByW > 0 && policy.miners.outlet === 'last_resort';
  const settings = planned({ picture, sharing, leftAlone: crew.leftAlone, memory, envelope, whyLess, mayUnpower, now });
  const safe = tripped(underTest(settings, run), picture, heat, now);
  const devices = withNotices(safe, picture, bounds, now);
  const plan: Unreported = {
    levelW: envelope.ceilingW,
    lineW: line?.levelW,
    liftW: lift?.levelW,
    why: envelope.ceilingW === undefined ? envelope.whyMore : envelope.why,
    shortByW,
    leastW,
    mostW,
    devices,
    frequency: response.frequency,
    sags: response.grid.sags,
    market: priced.told,
    noRaise,
  };
  const moved = withTested(stillMoved(picture, memory, devices), run);
  const cutAt = moved.length > 0 ? now.mono : memory.cutAt;
  const next: Memory = {
    homes: memory.homes,
    persons: memory.persons,
    moved,
    ...(cutAt !== undefined && { cutAt }),
    ranking: sharing.ranking,
    ...(sharing.partial && { partial: sharing.partial }),
    ...(sharing.reserve && { reserve: sharing.reserve }),
    ...(line && { line }),
    ...(lift && { lift }),
    baselines,
    market: priced.standings,
    tracks: memory.tracks,
    grid: response.grid,
    heat: heatMemory,
    trim: keptTrim(trim, expectedW, now),
    pace,
    ...(run && { run }),
    ...(balance && { balance }),
  };
  const { tracks, steps } = progress({ picture, policy, memory: next, plan, bounds, now, rack });
  return { plan: { ...plan, steps: [...response.steps, ...steps] }, memory: { ...next, tracks } };
}

/** A local ceiling above all that the rack would draw binds nothing: homes are learned below it. */
function heldBy(envelope: Envelope, homeW: Watts): Envelope {
  const idle = envelope.events.length === 0 && (envelope.ceilingW ?? 0) >= homeW;
  return idle ? { ...envelope, ceilingW: undefined, why: 'no order binds' } : envelope;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
