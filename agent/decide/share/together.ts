/**
 * GPUs under one workload are moved as one: a training run goes as fast as its slowest GPU, and a server that sleeps
 * leaves all of its GPUs idle.
 */
import type { Picture } from '#agent/state/picture.ts';
import { awake, sameSetting } from '#agent/state/setting.ts';
import type { Range } from '#protocol/capability.ts';
import type { Allotted, Steerable } from './allocate.ts';

export type Grouped = {
  /** In the order of `ranked`, a group at the place of its best. */
  readonly units: readonly Steerable[];
  /** What the units were allotted, in their order, as a part for every device. */
  split(allotted: readonly Allotted[]): Parts;
};

/** Both in the same order. */
type Parts = { readonly ordered: readonly Steerable[]; readonly allotted: readonly Allotted[] };

export function together(ranked: readonly Steerable[], picture: Picture): Grouped {
  const groups = groupsOf(ranked, picture);
  if (groups.length === 0) return { units: ranked, split: (allotted) => ({ ordered: ranked, allotted }) };
  const byFirst = new Map(groups.map((members) => [members[0]?.device, members]));
  const others = new Set(groups.flatMap(([, ...rest]) => rest.map(({ device }) => device)));
  const firsts = ranked.filter(({ device }) => !others.has(device));
  return {
    units: firsts.map((each) => unitOf(byFirst.get(each.device)) ?? each),
    split: (allotted) => {
      const parts = allotted.flatMap((each, i) => {
        const members = byFirst.get(each.device);
        const own = firsts[i];
        if (members) return members.map((member) => ({ own: member, part: partOf(member, members, each) }));
        return own ? [{ own, part: each }] : [];
      });
      return { ordered: parts.map(({ own }) => own), allotted: parts.map(({ part }) => part) };
    },
  };
}

/** Of two at the least, each in the order of `ranked`. */
function groupsOf(ranked: readonly Steerable[], picture: Picture): (readonly Member[])[] {
  const leaders = leadersOf(picture);
  if (leaders.size === 0) return [];
  const groups = new Map<string, Member[]>();
  for (const each of ranked) {
    const leader = leaders.get(each.device);
    if (leader !== undefined && isMember(each)) groups.set(leader, [...(groups.get(leader) ?? []), each]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

type Member = Steerable & { readonly dial: Range };

/** One that stands apart, since it is not at full at home or does not do as told, is moved by itself. */
function isMember(each: Steerable): each is Member {
  return each.dial?.unit === 'watts' && sameSetting(each.home, awake) && each.stubbornW === undefined;
}

/** Of every GPU the id that stands for all that are joined to it by workloads. */
function leadersOf({ workloads }: Picture): Map<string, string> {
  const leaders = new Map<string, string>();
  for (const { facts } of Object.values(workloads)) {
    const joined = new Set(facts.gpus.map((gpu) => leaders.get(gpu) ?? gpu));
    const [leader = ''] = joined;
    for (const gpu of facts.gpus) leaders.set(gpu, leader);
    for (const [gpu, before] of leaders) if (joined.has(before)) leaders.set(gpu, leader);
  }
  return leaders;
}

function unitOf(members: readonly Member[] | undefined): Steerable | undefined {
  const [first] = members ?? [];
  if (!members || !first) return undefined;
  const sum = (of: (member: Member) => number) => members.reduce((total, member) => total + of(member), 0);
  const dial: Range = {
    min: sum((member) => member.dial.min),
    max: sum((member) => member.dial.max),
    step: sum((member) => member.dial.step),
    unit: 'watts',
  };
  const restW = members.every((member) => member.restW !== undefined) ? sum((member) => member.restW ?? 0) : undefined;
  return {
    ...(first.steady !== undefined && { steady: first.steady }),
    device: first.device,
    home: awake,
    homeW: sum((member) => member.homeW),
    lowest: { kind: 'awake', limit: dial.min },
    lowestW: sum((member) => member.lowestW),
    ...(restW !== undefined && { restW }),
    fullW: sum((member) => member.fullW),
    dial,
    stubbornW: undefined,
  };
}

function partOf(member: Member, members: readonly Member[], { want, watts }: Allotted): Allotted {
  const { device, home, homeW, lowest, lowestW, restW = lowestW, dial } = member;
  const part = { device, stubborn: false };
  if (want.kind === 'asleep') return { ...part, want, watts: restW };
  if (want.limit === undefined) return { ...part, want: home, watts: homeW };
  const [least, most] = [
    members.reduce((sum, each) => sum + each.dial.min, 0),
    members.reduce((sum, each) => sum + each.dial.max, 0),
  ];
  if (want.limit <= least) return { ...part, want: lowest, watts: lowestW };
  const share = (want.limit - least) / (most - least);
  const limit = dial.min + Math.floor((share * (dial.max - dial.min)) / dial.step + ROUNDING) * dial.step;
  return { ...part, want: { kind: 'awake', limit }, watts: (watts * limit) / want.limit };
}

/** Sums of floats: a whole step is not lost for a millionth of one. */
const ROUNDING = 1e-6;
