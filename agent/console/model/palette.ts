/**
 * Every colour of the page, for the style sheet and the canvases alike. Chosen so that what must be told apart stays
 * apart without red and green, which the test holds; and nothing is said by colour alone.
 */
export type Theme = 'light' | 'dark';

export type Palette = {
  /** Behind everything, behind a panel, and behind what is under the pointer. */
  readonly page: string;
  readonly panel: string;
  readonly raised: string;
  readonly rule: string;
  readonly text: string;
  readonly quiet: string;
  /** The site's watts; the line they must stay under. */
  readonly power: string;
  readonly line: string;
  /** As it should be, to be looked at, to be acted on. */
  readonly good: string;
  readonly warn: string;
  readonly bad: string;
  readonly focus: string;
  /** Events on the chart, and the band in which the site should be. */
  readonly event: string;
  readonly band: string;
  /** Cool to hot, or little to much: the further from the page the more. */
  readonly more: readonly [string, string, string, string, string];
  /** Under the line, on it, over it. */
  readonly apart: readonly [string, string, string, string, string];
};

export const palettes: Record<Theme, Palette> = {
  light: {
    page: '#f4f5f6',
    panel: '#ffffff',
    raised: '#eaedf0',
    rule: '#d5d9de',
    text: '#14181d',
    quiet: '#57606b',
    power: '#005fa3',
    line: '#14181d',
    good: '#00694b',
    warn: '#8f5200',
    bad: '#b3261e',
    focus: '#005fa3',
    event: '#e3e8ee',
    band: '#c6dbee',
    more: ['#e9eef2', '#f6d3a5', '#ea9547', '#c2500f', '#7a1f06'],
    apart: ['#1f5fa8', '#9cc3e6', '#e9eef2', '#f0b27a', '#b3450b'],
  },
  dark: {
    page: '#0e1114',
    panel: '#161a1f',
    raised: '#20262d',
    rule: '#2d343c',
    text: '#e4e8ec',
    quiet: '#98a2ad',
    power: '#5bb0f0',
    line: '#e4e8ec',
    good: '#4cc9bd',
    warn: '#e9a23b',
    bad: '#ff7a6b',
    focus: '#5bb0f0',
    event: '#222a33',
    band: '#2c4257',
    more: ['#2a323b', '#5a3a1c', '#9c5716', '#dd8a2b', '#ffd58a'],
    apart: ['#5bb0f0', '#2c5f8c', '#2a323b', '#8f5216', '#ff9f45'],
  },
};

/** On a ramp of evenly spaced colours, 0 to 1: `rgb(...)`. */
export function between(ramp: readonly string[], share: number): string {
  const at = share * (ramp.length - 1);
  const low = Math.min(ramp.length - 2, Math.floor(at));
  const [from, to] = [channels(ramp[low] ?? ''), channels(ramp[low + 1] ?? '')];
  const mixed = from.map((channel, i) => Math.round(channel + (at - low) * ((to[i] ?? 0) - channel)));
  return `rgb(${mixed.join(' ')})`;
}

/** Red, green and blue of `#rrggbb`, 0 to 255. */
export function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}
