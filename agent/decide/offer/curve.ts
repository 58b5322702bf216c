/** A bid curve: what devices give or take, those that cost the same and are as fast together, in the order in which it pays. */
import type { Seconds, Watts } from '#protocol/units.ts';

/** Of one device. */
export type Share = {
  readonly watts: Watts;
  /** USD per MWh: from here on resting pays, up to here running does; undefined when no price is known. */
  readonly usdPerMwh: number | undefined;
  /** Of a miner, by the maker's word. */
  readonly joulesPerTh: number | undefined;
  readonly seconds: Seconds;
  /** Share of the watts that come at the first asking, 0 to 1, as learned; undefined until it is learned of all. */
  readonly confidence: number | undefined;
};

export type Block = Share & { readonly devices: number };

/** What all of it together must keep to. */
export type Bounds = {
  readonly mostW: Watts;
  /** Seconds that so many watts of so many devices take beside the devices' own time. */
  paceS(watts: Watts, devices: number): Seconds;
};

/** Less is no offer. */
const LEAST_W: Watts = 1;

/** What earns least first, for what is given; what earns most first, for what is taken. */
export function curve(shares: readonly Share[], first: 'least' | 'most', { mostW, paceS }: Bounds): Block[] {
  const sign = first === 'least' ? 1 : -1;
  const ordered = blocks(shares).sort((a, b) => sign * byEarning(a, b) || a.seconds - b.seconds);
  const known = ordered.filter(isKnown);
  let [togetherW, devices] = [0, 0];
  // What nobody can price comes last either way.
  return [...known, ...ordered.filter((each) => !isKnown(each))].flatMap((each): Block[] => {
    const watts = Math.min(each.watts, mostW - togetherW);
    if (watts < LEAST_W) return [];
    togetherW += watts;
    devices += each.devices;
    const part = Math.ceil((each.devices * watts) / each.watts);
    return [{ ...each, watts, devices: part, seconds: each.seconds + paceS(togetherW, devices) }];
  });
}

function isKnown({ usdPerMwh, joulesPerTh }: Share): boolean {
  return usdPerMwh !== undefined || joulesPerTh !== undefined;
}

/** By price where it is known, and else by J/TH: a miner that takes more of them earns less. */
function byEarning(a: Share, b: Share): number {
  const priced = compared(a.usdPerMwh ?? Number.NEGATIVE_INFINITY, b.usdPerMwh ?? Number.NEGATIVE_INFINITY);
  return priced || compared(-(a.joulesPerTh ?? 0), -(b.joulesPerTh ?? 0));
}

/** Of infinities too, whose difference is no number. */
function compared(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function blocks(shares: readonly Share[]): Block[] {
  const alike = Map.groupBy(shares, ({ usdPerMwh, joulesPerTh, seconds }) =>
    [usdPerMwh?.toFixed(2), joulesPerTh?.toFixed(1), seconds.toFixed(1)].join(' '),
  );
  return [...alike.values()].flatMap((some): Block[] => {
    const [first] = some;
    if (!first) return [];
    const watts = some.reduce((sum, each) => sum + each.watts, 0);
    const known = some.every((each) => each.confidence !== undefined);
    const sure = some.reduce((sum, each) => sum + each.watts * (each.confidence ?? 0), 0) / watts;
    return [{ ...first, watts, confidence: known ? sure : undefined, devices: some.length }];
  });
}
