/**
 * A rack of four generations of miners through ten months of real-time prices, decided by the agent's own code: profit
 * against running always, and against one strike price for the site, each with the same physics. Restarts cost: a miner
 * that wakes draws its full power for minutes before it hashes.
 */
import type { Bench } from './bench.ts';
import { readCsv } from './csv.ts';
import type { Miner } from './market/miners.ts';
import { miners } from './market/miners.ts';
import type { Outcome as Run } from './market/runs.ts';
import { alwaysOn, byPrices, byStrike, HASH_USD_PER_PH_DAY, MAX_CYCLES_PER_DAY, PERIOD_S } from './market/runs.ts';

const FILE = 'ercot_hb_south_15min_2024-06-01_2025-03-27.csv';
const COLUMN = 'HB_SOUTH_RTM_usd_per_mwh';
/** Strikes that are tried for the best one in hindsight, USD/MWh. */
const STRIKES = Array.from({ length: 41 }, (_, i) => 40 + 2.5 * i);

export const market: Bench = {
  name: 'market',
  what: 'profit on recorded ERCOT prices against always-on and against a fixed strike, cycles bounded',
  run: async ({ data, say }) => {
    const rows = data === undefined ? undefined : await readCsv(data, FILE);
    if (!rows) return { kind: 'notRun', why: 'no data' };
    const prices = rows.map((row) => Number(row[COLUMN])).filter(Number.isFinite);
    say(`${prices.length} prices of ${PERIOD_S / 60} min, ${miners.length} miners`);
    const ours = byPrices(prices);
    const always = alwaysOn(prices);
    const strikes = STRIKES.map((strike) => ({ strike, ...byStrike(prices, strike) }));
    const usual = byStrike(prices, averageBreakEven(miners));
    const best = strikes.reduce((a, b) => (b.profitUsd > a.profitUsd ? b : a));
    const perKwYear = ({ profitUsd }: Run) => profitUsd / kilowatts() / years(prices.length);
    return {
      kind: 'ran',
      checks: [
        {
          what: 'profit over always-on, USD per kW and year',
          value: perKwYear(ours) - perKwYear(always),
          limit: 0.01,
          better: 'higher',
        },
        {
          what: 'profit over the best fixed strike in hindsight, USD per kW and year',
          value: perKwYear(ours) - perKwYear(best),
          limit: 0.01,
          better: 'higher',
        },
        {
          what: 'most rests of one miner in 24 h',
          value: ours.mostRestsADay,
          limit: MAX_CYCLES_PER_DAY,
          better: 'lower',
        },
      ],
      figures: {
        hash_usd_per_ph_day: HASH_USD_PER_PH_DAY,
        profit_usd_per_kw_year: perKwYear(ours),
        always_on_usd_per_kw_year: perKwYear(always),
        average_strike_usd_per_kw_year: perKwYear(usual),
        best_strike_usd_per_kw_year: perKwYear(best),
        best_strike_usd_per_mwh: best.strike,
        rests_per_miner_and_day: ours.rests / miners.length / days(prices.length),
        best_strike_rests_per_miner_and_day: best.rests / miners.length / days(prices.length),
        share_of_time_running: ours.runningShare,
      },
    };
  },
};

function kilowatts(): number {
  return miners.reduce((sum, { watts }) => sum + watts, 0) / 1000;
}

function days(periods: number): number {
  return (periods * PERIOD_S) / 86_400;
}

function years(periods: number): number {
  return days(periods) / 365;
}

/** What a site that knows one number would take. */
function averageBreakEven(all: readonly Miner[]): number {
  const watts = all.reduce((sum, each) => sum + each.watts, 0);
  const ths = all.reduce((sum, each) => sum + each.ths, 0);
  return (HASH_USD_PER_PH_DAY * ths) / 1000 / 24 / (watts / 1e6);
}
