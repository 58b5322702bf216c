/** Numbers as an operator reads them: units beside them, and as many digits as mean something. */
import type { Millis, Watts } from '#protocol/units.ts';

const NONE = '–';
/** Between digits and before units: no line breaks there. */
const NARROW = '\u202f';

/** Kilowatts below ten megawatts, so that a site's figures do not change their unit as it is cut. */
export function kilowatts(watts: Watts | null | undefined, digits = 1): string {
  return watts == null ? NONE : withUnit(watts / 1000, 'kW', digits);
}

export function decimal(value: number, digits: number): string {
  const [whole = '', part] = Math.abs(value).toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, NARROW);
  const sign = value < 0 && Number(value.toFixed(digits)) !== 0 ? '−' : '';
  return `${sign}${grouped}${part === undefined ? '' : `.${part}`}`;
}

/** `40 %`, `23.5 °C`: a number with its unit. */
export function withUnit(value: number, unit: string, digits = 0): string {
  return `${decimal(value, digits)}${NARROW}${unit}`;
}

export function count(value: number): string {
  return decimal(value, 0);
}

/** `1 rack`, `12 racks`. */
export function countOf(value: number, one: string): string {
  return `${count(value)} ${one}${value === 1 ? '' : 's'}`;
}

/** Of something that happened: `12 s`, `3 min`, `2 h`, `5 d`. */
export function age(ms: Millis | undefined): string {
  if (ms === undefined) return NONE;
  const s = Math.max(0, ms) / 1000;
  if (s < 120) return withUnit(Math.floor(s), 's');
  if (s < 7_200) return withUnit(Math.floor(s / 60), 'min');
  if (s < 172_800) return withUnit(Math.floor(s / 3_600), 'h');
  return withUnit(Math.floor(s / 86_400), 'd');
}

/** The same with tenths of a second while they mean something. */
export function fineAge(ms: Millis | undefined): string {
  return ms !== undefined && ms < 9_950 ? withUnit(Math.max(0, ms) / 1000, 's', 1) : age(ms);
}

/** Of a difference, with its sign: `+0.2 s`, `−41 s`. */
export function signedAge(ms: Millis): string {
  return `${ms < 0 ? '−' : '+'}${fineAge(Math.abs(ms))}`;
}

/** Until something: `9:05`, `1:02:33`. */
export function countdown(ms: Millis): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const [h, min, rest] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(min)}:${two(rest)}` : `${min}:${two(rest)}`;
}

/** By the clock on the wall of whoever reads: `21:04:09`. */
export function timeOfDay(ms: Millis): string {
  return TIME.format(ms);
}

export function hourAndMinute(ms: Millis): string {
  return timeOfDay(ms).slice(0, 5);
}

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
