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
    good: '#46c08f',
    warn: '#e9a23b',
    bad: '#ff7a6b',
    focus: '#5bb0f0',
  },
};
