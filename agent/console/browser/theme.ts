/** Dark or light: as the system prefers, until a person says otherwise on this browser. */
import type { Theme } from '../model/palette.ts';
import { palettes } from '../model/palette.ts';
import { recall, remember } from './memory.ts';

const KEY = 'theme';

export function startTheme(): void {
  wear(currentTheme());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => wear(currentTheme()));
}

export function currentTheme(): Theme {
  const chosen = recall(KEY);
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function toggleTheme(): void {
  remember(KEY, currentTheme() === 'dark' ? 'light' : 'dark');
  wear(currentTheme());
}

/** The style sheet knows the colours as variables of these names. */
function wear(theme: Theme): void {
  const { style } = document.documentElement;
  style.setProperty('color-scheme', theme);
  for (const [name, colour] of Object.entries(palettes[theme])) style.setProperty(`--${name}`, colour);
}
