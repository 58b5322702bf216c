/** Dark or light: as the system prefers, until a person says otherwise on this browser. */
import { useEffect, useState } from 'preact/hooks';
import type { Palette, Theme } from '../model/palette.ts';
import { palettes } from '../model/palette.ts';
import { recall, remember } from './memory.ts';

const KEY = 'theme';
/** Sent on the document when the colours change, for what is painted without a style sheet. */
const CHANGED = 'ballast-theme';

export function startTheme(): void {
  wear(currentTheme());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => wear(currentTheme()));
}

function currentTheme(): Theme {
  const chosen = recall(KEY);
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function toggleTheme(): void {
  remember(KEY, currentTheme() === 'dark' ? 'light' : 'dark');
  wear(currentTheme());
}

export function usePalette(): Palette {
  const [theme, setTheme] = useState(currentTheme);
  useEffect(() => {
    const change = () => setTheme(currentTheme());
    document.addEventListener(CHANGED, change);
    return () => document.removeEventListener(CHANGED, change);
  }, []);
  return palettes[theme];
}

/** The style sheet knows the colours as variables of these names. */
function wear(theme: Theme): void {
  const { style } = document.documentElement;
  style.setProperty('color-scheme', theme);
  for (const [name, colour] of Object.entries(palettes[theme])) {
    if (typeof colour === 'string') style.setProperty(`--${name}`, colour);
  }
  document.dispatchEvent(new Event(CHANGED));
}
