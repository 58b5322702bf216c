/** Whether a device moved what the config says it moves, by the right sign and size; what does not fit, in words. Pure. */
import { outletName } from '#agent/state/outlets.ts';
import type { Change, DeviceView, Moved, Picture } from '#agent/state/picture.ts';
import { feedMeter } from '#agent/state/picture.ts';
import { wattsAt } from '#agent/state/setting.ts';
import type { Watts } from '#protocol/units.ts';
import { sum } from '../sum.ts';

export type Fit = {
  /** What does not fit; empty when all does. */
  readonly findings: readonly string[];
  /** The outlets that moved with it. */
  readonly outlets: readonly string[];
  /** Watts by which the feed and its outlets followed; undefined where they do not tell. */
  readonly feedW: Watts | undefined;
  readonly outletsW: Watts | undefined;
};

/** Shares of what was expected: below the first nothing has followed, and only between the others all of it has. */
const NOTHING = 0.3;
const LEAST = 0.75;
const MOST = 1.3;
/** A partial step and a rise are known less well. */
const LOOSE = { least: 0.5, most: 1.6 };

/** `moved` is between two settings that differ by hundreds of watts. */
export function fitOf(device: DeviceView, moved: Moved, picture: Picture, limits = { least: LEAST, most: MOST }): Fit {
  const expectedW = expectedChangeW(device, moved);
  const along = outletsAlong(moved, expectedW);
  const byOutletsW = along.length > 0 ? sum(along.map(([, change]) => changeW(change))) : undefined;
  // An outlet tells best what ought to have been seen on the feed.
  const reference = byOutletsW ?? expectedW;
  const findings = [
    ...feedFindings(device, moved, reference, picture, limits),
    ...outletFindings(device, along, picture),
    ...(byOutletsW === undefined ? [] : sizeFindings('its outlets', byOutletsW, expectedW, limits)),
  ];
  return {
    findings,
    outlets: along.map(([outlet]) => outlet),
    feedW: moved.feed && changeW(moved.feed),
    outletsW: byOutletsW,
  };
}

/** Of a step that is not the whole way down. */
export function looseFitOf(device: DeviceView, moved: Moved, picture: Picture): Fit {
  return fitOf(device, moved, picture, LOOSE);
}

/** By its own word before it moved where it has one, else by the nameplate. */
function expectedChangeW(device: DeviceView, { from, to, saidW }: Moved): Watts {
  const byPlate = wattsAt(device, to) - wattsAt(device, from);
  return saidW === undefined || to.kind !== 'asleep' ? byPlate : wattsAt(device, to) - saidW;
}

function feedFindings(
  { facts }: DeviceView,
  { feed }: Moved,
  expectedW: Watts,
  picture: Picture,
  limits: typeof LOOSE,
): string[] {
  const meter = feedMeter(picture);
  if (!meter || (meter.facts.covers !== 'all' && !meter.facts.covers.includes(facts.id))) return [];
  const { id } = meter.facts;
  if (!feed) return [`${id} could not tell: it was silent, or others moved at the same time`];
  const gotW = changeW(feed);
  const share = gotW / expectedW;
  if (share < -NOTHING) {
    return [
      `${id} ${gotW > 0 ? 'rose' : 'fell'} by ${shown(gotW)} as it ${went(expectedW)}: its CTs are crossed or turned round`,
    ];
  }
  if (share < NOTHING) {
    return [`${id} did not follow: ${shown(gotW)} of ${shown(expectedW)}. It hangs on another feed`];
  }
  return sizeFindings(id, gotW, expectedW, limits);
}

function sizeFindings(what: string, gotW: Watts, expectedW: Watts, { least, most }: typeof LOOSE): string[] {
  const share = gotW / expectedW;
  if (share >= least && share <= most) return [];
  const why = share < least ? 'a phase or a supply is not measured' : 'it measures more than this device';
  return [`${what} moved by ${shown(gotW)}, not ${shown(expectedW)}: ${why}, or its ratio or rated_w is wrong`];
}

/** Configured outlets must be those that moved; where none is configured those that moved are the finding of the day. */
function outletFindings({ facts }: DeviceView, along: readonly [string, Change][], picture: Picture): string[] {
  const listed = facts.outlets.map(outletName);
  const seen = along.map(([outlet]) => outlet);
  if (listed.length === 0 || !facts.outlets.every((outlet) => tells(picture, outlet))) return [];
  const still = listed.filter((outlet) => !seen.includes(outlet));
  const others = seen.filter((outlet) => !listed.includes(outlet));
  if (still.length === 0 && others.length === 0) return [];
  const instead = others.length > 0 ? `${others.join(', ')} moved` : 'no outlet moved';
  return [`${instead}, the config says ${listed.join(', ')}`];
}

/** Some PDUs switch their outlets and do not measure them. */
function tells({ pdus }: Picture, { pdu, outlet }: { pdu: string; outlet: number }): boolean {
  const { reading } = pdus[pdu] ?? {};
  return reading?.outlets.find((each) => each.outlet === outlet)?.powerW !== undefined;
}

/** Outlets that took a real part in it, the same way. */
function outletsAlong({ byOutlet }: Moved, expectedW: Watts): [string, Change][] {
  return Object.entries(byOutlet)
    .filter(([, change]) => changeW(change) / expectedW >= PART)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Two supplies share the load about evenly, and one may carry a quarter of it. */
const PART = 0.2;

function changeW({ beforeW, afterW }: Change): Watts {
  return afterW - beforeW;
}

function went(expectedW: Watts): string {
  return expectedW < 0 ? 'went down' : 'came up';
}

function shown(watts: Watts): string {
  return `${Math.abs(Math.round(watts))} W`;
}
