/** What a device's watts are worth: who is cut first, and who comes back first. */
import type { DeviceView, Picture, WorkloadView } from '#agent/state/picture.ts';

/** Compared by `tier` first, 0 most worth keeping; within one tier by who waits for it; then by worth per watt. */
export type Worth = { readonly tier: number; readonly demand: Demand; readonly perWatt: number };

/** Whether requests wait for it, or it is at work as far as anyone knows, or nothing is asked of it. */
type Demand = 'queued' | 'atWork' | 'idle';
const mostWanted: readonly Demand[] = ['queued', 'atWork', 'idle'];

/** Behind every workload's tier: what mines, or does nothing. */
const UNUSED = { tier: 4, demand: 'idle' } as const;

/** What runs on a device outranks what it could mine. */
export function worths({ devices, workloads }: Picture): (device: string) => Worth {
  const works = new Map<string, Omit<Worth, 'perWatt'>>();
  for (const workload of Object.values(workloads)) {
    const { facts } = workload;
    const own = { tier: facts.tier === 'protected' ? 0 : facts.tier, demand: demandOf(workload) };
    for (const gpu of facts.gpus) {
      const other = works.get(gpu);
      if (!other || byWork(own, other) < 0) works.set(gpu, own);
    }
  }
  return (id) => {
    const device = devices[id];
    return { ...(works.get(id) ?? UNUSED), perWatt: device ? hashPerWatt(device) : 0 };
  };
}

/** Best first. */
export function byWorth(a: Worth, b: Worth): number {
  return byWork(a, b) || b.perWatt - a.perWatt;
}

function byWork(a: Omit<Worth, 'perWatt'>, b: Omit<Worth, 'perWatt'>): number {
  return a.tier - b.tier || mostWanted.indexOf(a.demand) - mostWanted.indexOf(b.demand);
}

/** What is not said is unknown, and unknown is never taken for idle. */
function demandOf({ reading, trouble }: WorkloadView): Demand {
  if (!reading || trouble) return 'atWork';
  if ((reading.waiting ?? 0) > 0) return 'queued';
  return reading.waiting === 0 && reading.running === 0 ? 'idle' : 'atWork';
}

/** Terahashes per joule by the maker's word, which does not flicker; unknown counts as least. */
function hashPerWatt({ reading, facts }: DeviceView): number {
  return (reading?.ratedHashrateThs ?? 0) / facts.ratedW;
}
