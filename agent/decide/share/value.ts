/** What a device's watts are worth: who is cut first, and who comes back first. */
import { dropS } from '#agent/state/learn.ts';
import type { DeviceFacts } from '#agent/state/observation.ts';
import type { Picture, WorkloadView } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import type { Seconds } from '#protocol/units.ts';
import type { Prices } from '../market/earning.ts';
import { earns } from '../market/earning.ts';

/** What devices are weighed by, beside what they are and do. */
export type Measure = {
  readonly prices: Prices;
  /** Until when a cut must be metered; infinite where none has to be. */
  readonly deadlineS: Seconds;
};

/** Key by key, the lower the more worth keeping. The price of energy is no key: it is the same for every watt. */
export type Worth = readonly number[];

/** Whether requests wait for it, or it is at work as far as anyone knows, or nothing is asked of it. */
type Demand = 'queued' | 'atWork' | 'idle';
const mostWanted: readonly Demand[] = ['queued', 'atWork', 'idle'];

type Work = { readonly tier: number; readonly demand: Demand };

/** Work that gives way first. Where both pay a known price, it has no other claim before mining than what it pays. */
const LAST_TIER = 3;
/** Behind every workload's tier: what mines, or does nothing. */
const UNUSED_TIER = 4;

/**
 * By tier first, and within one by whether it can be down in time (what cannot is of no use to the cut), who waits for
 * it, what it earns per watt-hour, and the maker's efficiency.
 */
export function worths(picture: Picture, { prices, deadlineS }: Measure): (device: string) => Worth {
  const works = worksByGpu(picture.workloads);
  const allPriced = prices.hashUsdPerPhDay !== undefined && prices.inferenceUsdPerGpuH !== undefined;
  return (id) => {
    const device = deviceOf(picture, id);
    const work = works.get(id);
    const tier = work?.tier ?? UNUSED_TIER;
    const late = device !== undefined && downS(device.facts) > deadlineS ? 0 : 1;
    const pays = device === undefined ? 0 : (earns(device, work !== undefined, prices) ?? 0);
    const perJoule = (device?.reading?.ratedHashrateThs ?? 0) / (device?.facts.ratedW ?? 1);
    const demand = mostWanted.indexOf(work?.demand ?? 'idle');
    if (!allPriced || tier < LAST_TIER) return [tier, late, demand, -pays, -perJoule];
    return [LAST_TIER, late, work?.demand === 'idle' ? 0 : -pays, demand, -perJoule];
  };
}

/** Best first. */
export function byWorth(a: Worth, b: Worth): number {
  const differs = a.findIndex((key, i) => key !== b[i]);
  return differs < 0 ? 0 : (a[differs] ?? 0) - (b[differs] ?? 0);
}

/** Seconds until it is as far down as a cut takes it first: a GPU to its cap, a miner to sleep. */
function downS(facts: DeviceFacts): Seconds {
  const isCapped = facts.kind === 'gpu' || !facts.controls['sleep'];
  return dropS(facts, isCapped && facts.controls['limit'] ? 'limit' : 'sleep');
}

/** Of several workloads on one GPU the one that is worth most. */
function worksByGpu(workloads: Picture['workloads']): Map<string, Work> {
  const works = new Map<string, Work>();
  const all = Object.values(workloads);
  for (const workload of all) {
    const { facts } = workload;
    if (facts.bay?.serves === 'mining' || !hasBay(workload, all)) continue;
    const own = { tier: facts.tier === 'protected' ? 0 : facts.tier, demand: demandOf(workload) };
    for (const gpu of facts.gpus) {
      const other = works.get(gpu);
      if (!other || byWork(own, other) < 0) works.set(gpu, own);
    }
  }
  return works;
}

/** Of several that share GPUs in turn only the one that runs says what they are worth. */
function hasBay({ facts: { bay }, reading }: WorkloadView, all: readonly WorkloadView[]): boolean {
  if (!bay || reading?.state === 'running') return true;
  return !all.some((other) => other.facts.bay?.id === bay.id && other.reading?.state === 'running');
}

function byWork(a: Work, b: Work): number {
  return a.tier - b.tier || mostWanted.indexOf(a.demand) - mostWanted.indexOf(b.demand);
}

/** What is not said is unknown, and unknown is never taken for idle. */
function demandOf({ reading, trouble }: WorkloadView): Demand {
  if (!reading || trouble) return 'atWork';
  if ((reading.waiting ?? 0) > 0) return 'queued';
  return reading.waiting === 0 && reading.running === 0 ? 'idle' : 'atWork';
}
