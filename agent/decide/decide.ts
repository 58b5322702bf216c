/**
 * (picture, policy, memory, now) -> {plan, memory}. No clock, no I/O, no randomness.
 *
 *   orders, local limits --compose--> ceiling --ramp--> line --allocate--> a setting for every device
 *
 * The plan is always home limited by what binds: restoring is the same plan without the order.
 */
import type { Policy } from '#agent/config/policy.ts';
import type { Now, Setting } from '#agent/state/observation.ts';
import { binding } from '#agent/state/orders.ts';
import type { Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { awake, sameSetting } from '#agent/state/setting.ts';
import { freshMeter } from '#agent/state/staleness.ts';
import type { Watts } from '#protocol/units.ts';
import type { Allotted, Filling, Partial, Steerable } from './allocate.ts';
import { allocate } from './allocate.ts';
import { frozenBaselines } from './baseline.ts';
import type { Envelope } from './compose.ts';
import { compose } from './compose.ts';
import { learnHomes, stillMoved } from './home.ts';
import type { Line, Memory, Plan, PlannedDevice } from './plan.ts';
import type { Unreported } from './progress.ts';
import { progress } from './progress.ts';
import { moveLine } from './ramp.ts';
import type { Roster } from './roster.ts';
import { ratedW, roster, valuePerWatt } from './roster.ts';

export type Decision = { readonly plan: Plan; readonly memory: Memory };

/** `rack` only seeds the delays that spread racks apart. */
export function decide(picture: Picture, policy: Policy, before: Memory, now: Now, rack: string): Decision {
  const memory = learnHomes(picture, before, now);
  const bindings = policy.commissioning === 'waived' ? binding(picture, now.wall) : [];
  const crew = roster(picture, policy, memory);
  const fixedW = (feedMeter(picture)?.facts.otherLoadsW ?? 0) + sum(crew.leftAlone.map(({ watts }) => watts));
  const homeW = fixedW + sum(crew.steerable.map((each) => each.homeW));
  const envelope = heldBy(compose(bindings, ratedW(picture, policy), policy), homeW);
  const line = moveLine(memory.line, envelope, {
    rack,
    policy,
    drawnW: freshMeter(feedMeter(picture), now)?.powerW ?? homeW,
    homeW,
    mayRaise: picture.ordersKnown,
    now,
  });
  const ranking = line ? ranked(picture, memory, crew) : [];
  const allotted = line ? share(crew, ranking, fixedW, line, envelope, memory) : crew.steerable.map(atHome);
  const expectedW = fixedW + sum(allotted.map(({ watts }) => watts));
  const devices = planned(crew, allotted, memory, line ? envelope.why : 'nothing binds');
  const unreported: Unreported = {
    levelW: envelope.ceilingW,
    lineW: line?.levelW,
    why: envelope.why,
    shortByW: Math.max(0, expectedW - (line?.levelW ?? Number.POSITIVE_INFINITY)),
    devices,
  };
  const moved = stillMoved(picture, memory, devices);
  const partial = partialOf(allotted, crew);
  const next: Memory = {
    homes: memory.homes,
    moved,
    ranking,
    ...(partial && { partial }),
    ...(line && { line }),
    baselines: frozenBaselines(picture, memory, now),
    tracks: memory.tracks,
  };
  const { tracks, steps } = progress(picture, policy, next, unreported, now);
  return { plan: { ...unreported, steps }, memory: { ...next, tracks } };
}

/** A local ceiling above all that the rack would draw binds nothing: homes are learned below it. */
function heldBy(envelope: Envelope, homeW: Watts): Envelope {
  const idle = envelope.events.length === 0 && (envelope.ceilingW ?? 0) >= homeW;
  return idle ? { ...envelope, ceilingW: undefined, why: 'no order binds' } : envelope;
}

/** Kept while a line binds, so that a reading that comes late does not swap who runs and who rests. */
function ranked(picture: Picture, memory: Memory, { steerable }: Roster): string[] {
  const value = (id: string) => {
    const device = picture.devices[id];
    return device ? valuePerWatt(device) : 0;
  };
  const known = new Set(memory.ranking);
  const present = new Set(steerable.map(({ device }) => device));
  const added = steerable.map(({ device }) => device).filter((id) => !known.has(id));
  added.sort((a, b) => value(b) - value(a) || (a < b ? -1 : 1));
  return [...memory.ranking.filter((id) => present.has(id)), ...added];
}

function share(
  crew: Roster,
  ranking: readonly string[],
  fixedW: Watts,
  line: Line,
  envelope: Envelope,
  memory: Memory,
): Allotted[] {
  const byId = new Map(crew.steerable.map((each) => [each.device, each]));
  const ordered = ranking.flatMap((id) => byId.get(id) ?? []);
  return allocate(ordered, line.levelW - fixedW, filling(ordered, fixedW, line, envelope, memory));
}

/**
 * While the line moves, nobody's partial setting follows it tick by tick: on the way down the device that the level
 * itself will leave partly filled goes there at once, on the way up it waits until it may be full again.
 */
function filling(
  ordered: readonly Steerable[],
  fixedW: Watts,
  line: Line,
  envelope: Envelope,
  memory: Memory,
): Filling {
  const level = envelope.ceilingW;
  if (level === line.levelW) return 'any';
  if (level !== undefined && level < line.levelW) return onlyPartial(allocate(ordered, level - fixedW, 'any'), ordered);
  return memory.partial;
}

function partialOf(allotted: readonly Allotted[], { steerable }: Roster): Partial | undefined {
  return onlyPartial(allotted, steerable);
}

function onlyPartial(allotted: readonly Allotted[], steerable: readonly Steerable[]): Partial | undefined {
  const homes = new Map(steerable.map(({ device, home }) => [device, home]));
  for (const { device, want } of allotted) {
    const home = homes.get(device) ?? awake;
    if (want.kind === 'awake' && want.limit !== undefined && !sameSetting(want, home))
      return { device, limit: want.limit };
  }
  return undefined;
}

function atHome({ device, home, homeW }: Steerable): Allotted {
  return { device, want: home, watts: homeW, stubborn: false };
}

function planned(
  { steerable, leftAlone }: Roster,
  allotted: readonly Allotted[],
  memory: Memory,
  why: string,
): PlannedDevice[] {
  const homes = new Map(steerable.map(({ device, home }) => [device, home]));
  const steered = allotted.map(({ device, want, watts, stubborn }): PlannedDevice => {
    const home = homes.get(device) ?? awake;
    const away = !sameSetting(want, home);
    // A device that is to be home and that we never moved is left as it is: whoever changed it meant it.
    const hands = away || memory.moved.includes(device) ? 'on' : 'off';
    return { device, want, home, hands, expectedW: watts, stubborn, why: away ? why : homeReason(home) };
  });
  const alone = leftAlone.map(
    ({ device, home, watts, why: reason }): PlannedDevice => ({
      device,
      want: home,
      home,
      hands: 'off',
      expectedW: watts,
      stubborn: false,
      why: `left alone: ${reason}`,
    }),
  );
  return [...steered, ...alone];
}

function homeReason(home: Setting): string {
  return home.kind === 'asleep' ? 'home: it slept before' : 'home: nothing asks for less';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
