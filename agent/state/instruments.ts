/** The slices of the picture for sensors and PDUs. Pure. */
import type { Now, Trouble } from './observation.ts';
import type { InstrumentView } from './picture.ts';

type Views<Facts, Reading> = Readonly<Record<string, InstrumentView<Facts, Reading>>>;

/** Those that are there now, each with what it said before. */
export function withListed<Facts extends { id: string }, Reading>(
  views: Views<Facts, Reading>,
  listed: readonly Facts[],
): Views<Facts, Reading> {
  return Object.fromEntries(listed.map((facts) => [facts.id, { ...views[facts.id], facts }]));
}

export function withReading<Facts, Reading>(
  views: Views<Facts, Reading>,
  id: string,
  reading: Reading,
  now: Now,
): Views<Facts, Reading> {
  const view = views[id];
  return view ? { ...views, [id]: { facts: view.facts, reading: { ...reading, at: now } } } : views;
}

export function withTrouble<Facts, Reading>(
  views: Views<Facts, Reading>,
  id: string,
  trouble: Trouble,
  now: Now,
): Views<Facts, Reading> {
  const view = views[id];
  return view ? { ...views, [id]: { ...view, trouble: { ...trouble, at: now } } } : views;
}
