/** Amounts, spans and times as people write them on a command line. Everything throws commander's usage error. */
import { InvalidArgumentError } from 'commander';
import type { Amount } from '#protocol/order.ts';
import { epochMs } from '#protocol/time.ts';
import type { Millis, Seconds, Watts, WattsPerSecond } from '#protocol/units.ts';

/** `40%`, `6000W` or `6kW`, or a share `5MW/20MW`: 5 MW of racks that are rated 20 MW together. */
export function parseAmount(text: string): Amount {
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text);
  if (percent?.[1] !== undefined) return { fraction: fractionOf(percent[1]) };
  const [part, of, ...more] = text.split('/');
  if (part === undefined || more.length > 0) throw new InvalidArgumentError(AMOUNTS);
  if (of === undefined) return { watts: parseWatts(part) };
  const share = { watts: parseWatts(part), of_w: parseWatts(of) };
  if (share.of_w === 0) throw new InvalidArgumentError('A share needs the rated watts of all who share it.');
  return share;
}

/** `10m`, `90s`, `1h30m`, `2d`. */
export function parseDuration(text: string): Seconds {
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  const [days, hours, minutes, secondsLeft] = (parts ?? []).slice(1).map((part) => Number(part ?? 0));
  const total = (days ?? 0) * 86_400 + (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (secondsLeft ?? 0);
  if (total === 0) throw new InvalidArgumentError('Write a span such as 90s, 10m, 1h30m or 2d.');
  return total;
}

/** A time with its offset, such as 2026-11-21T21:00:00Z. */
export function parseTime(text: string): Millis {
  const withOffset = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$/.test(text);
  const ms = epochMs(text);
  if (withOffset && Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError('Write a time with its offset, such as 2026-11-21T21:00:00Z.');
}

/** `200W/s`, `1kW/s`. */
export function parseRamp(text: string): WattsPerSecond {
  const rate = text.endsWith('/s') ? parseWatts(text.slice(0, -'/s'.length)) : 0;
  if (rate === 0) throw new InvalidArgumentError('Write watts per second, such as 200W/s.');
  return rate;
}

/** USD, such as 42.5; energy may cost less than nothing. */
export function parsePrice(text: string): number {
  if (/^-?\d{1,6}(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a number of USD, such as 42.5.');
}

/** A whole number from 0 to 1000. */
export function parsePriority(text: string): number {
  const value = Number(text);
  if (/^\d{1,4}$/.test(text) && value <= 1000) return value;
  throw new InvalidArgumentError('Write a whole number from 0 (goes first) to 1000.');
}

/** `6 kW`, `40 %`, `5 MW of 20 MW`. */
export function formatAmount({ fraction, watts, of_w }: Amount): string {
  if (fraction !== undefined) return `${Number((fraction * 100).toFixed(4))} %`;
  const part = formatWatts(watts ?? null);
  return of_w === undefined ? part : `${part} of ${formatWatts(of_w)}`;
}

/** `5870 W`; `-` when unknown. */
export function formatWatts(watts: Watts | null): string {
  return watts === null ? '-' : `${Math.round(watts)} W`;
}

const AMOUNTS = 'Write 40%, or 6000W for one rack, or a share such as 5MW/20MW.';
const exponents: Record<string, number> = { '': 0, k: 3, M: 6, G: 9 };

function fractionOf(percent: string): number {
  // Moving the decimal point in the text keeps 33.3 % exact; dividing by 100 does not.
  const fraction = Number(`${percent}e-2`);
  if (fraction <= 1) return fraction;
  throw new InvalidArgumentError('More than 100 % is not possible.');
}

function parseWatts(text: string): Watts {
  const [, number, prefix] = /^\s*(\d+(?:\.\d+)?)\s*([kMG]?)W\s*$/.exec(text) ?? [];
  const exponent = exponents[prefix ?? ''];
  if (number === undefined || exponent === undefined) throw new InvalidArgumentError(AMOUNTS);
  const watts = Number(`${number}e${exponent}`);
  if (watts <= 1e9) return watts;
  throw new InvalidArgumentError('More than 1 GW is not possible.');
}
