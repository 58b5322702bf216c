/** What a device earns with the energy it takes: the price of energy at which running it pays nothing. */
import type { Policy } from '#agent/config/policy.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import type { Target } from '#protocol/order.ts';

export type Prices = {
  /** undefined: nobody says. */
  readonly energyUsdPerMwh: number | undefined;
  readonly hashUsdPerPhDay: number | undefined;
  readonly inferenceUsdPerGpuH: number | undefined;
};

/** The order's word first, then the policy's. */
export function pricesOf(target: Extract<Target, { kind: 'market' }> | undefined, { market }: Policy): Prices {
  return {
    energyUsdPerMwh: target?.energy_usd_per_mwh,
    hashUsdPerPhDay: target?.hash_usd_per_ph_day ?? market.hash_usd_per_ph_day,
    inferenceUsdPerGpuH: target?.inference_usd_per_gpu_h ?? market.inference_usd_per_gpu_h,
  };
}

const HOURS_A_DAY = 24;
const THS_A_PHS = 1000;
const WATTS_A_MEGAWATT = 1e6;

/** USD per MWh; undefined when it cannot be told. */
export function breakEven(device: DeviceView, { workloads }: Picture, prices: Prices): number | undefined {
  const works = Object.values(workloads).some(({ facts: { gpus } }) => gpus.includes(device.facts.id));
  return earns(device, works, prices);
}

/**
 * The same of a device that is known to carry a workload, or not. A miner by the maker's hash rate and the nameplate,
 * which do not flicker as readings do; a GPU by what inference pays, where a workload runs on it.
 */
export function earns({ facts, reading }: DeviceView, works: boolean, prices: Prices): number | undefined {
  const megawatts = facts.ratedW / WATTS_A_MEGAWATT;
  if (reading?.ratedHashrateThs !== undefined && prices.hashUsdPerPhDay !== undefined) {
    return (prices.hashUsdPerPhDay * (reading.ratedHashrateThs / THS_A_PHS)) / HOURS_A_DAY / megawatts;
  }
  return works && prices.inferenceUsdPerGpuH !== undefined ? prices.inferenceUsdPerGpuH / megawatts : undefined;
}
