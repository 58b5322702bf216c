/** PJM's performance score of a regulation resource (Manual 12), on samples of ten seconds. */
import type { Seconds } from '#protocol/units.ts';

export const SAMPLE_S: Seconds = 10;
const WINDOW = 300 / SAMPLE_S;

export type Score = {
  readonly correlation: number;
  readonly delay: number;
  readonly precision: number;
  readonly total: number;
};

/** Both are deviations from the base. The mean over windows of five minutes, each seen up to five minutes late. */
export function pjmScore(asked: readonly number[], drawn: readonly number[]): Score {
  const windows = Array.from({ length: Math.floor(asked.length / WINDOW) - 1 }, (_, i) => i * WINDOW);
  const scores = windows.map((from) => {
    const x = asked.slice(from, from + WINDOW);
    const lags = Array.from({ length: WINDOW + 1 }, (_, lag) => ({
      lag,
      r: pearson(x, drawn.slice(from + lag, from + lag + WINDOW)),
    }));
    const best = lags.reduce((a, b) => (b.r > a.r ? b : a));
    return { correlation: best.r, delay: Math.abs(best.lag - WINDOW) / WINDOW, precision: precision(x, drawn, from) };
  });
  const part = (key: 'correlation' | 'delay' | 'precision') => mean(scores.map((score) => score[key]));
  const [correlation, delay, exact] = [part('correlation'), part('delay'), part('precision')];
  return { correlation, delay, precision: exact, total: (correlation + delay + exact) / 3 };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function precision(asked: readonly number[], drawn: readonly number[], from: number): number {
  const off = mean(asked.map((x, i) => Math.abs((drawn[from + i] ?? 0) - x)));
  return Math.max(0, 1 - off / mean(asked.map(Math.abs)));
}

function pearson(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [mean(x), mean(y)];
  const products = mean(x.map((each, i) => (each - mx) * ((y[i] ?? 0) - my)));
  const spread = (values: readonly number[], middle: number) => Math.sqrt(mean(values.map((v) => (v - middle) ** 2)));
  return products / (spread(x, mx) * spread(y, my));
}
