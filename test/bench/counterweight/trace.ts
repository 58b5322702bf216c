/** The recorded load of one GPU at 100 Hz, as what a rack's GPUs would draw in lockstep. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Millis, Watts } from '#protocol/units.ts';
import { STEP_MS } from '#test/support/model-rack.ts';

const FILE = 'gridpilot_v100_E1_bursty_pcap300_100Hz.csv';

/** Watts of one GPU at every step of the model, over and over. */
export type Trace = (ms: Millis) => Watts;

export async function readTrace(folder: string, scale: number): Promise<Trace> {
  const [, ...rows] = (await readFile(join(folder, FILE), 'utf8')).trim().split('\n');
  const looks = rows.map((row) => row.split(',').map(Number)).map(([s = 0, , watts = 0]) => ({ ms: s * 1000, watts }));
  const spanMs = looks.at(-1)?.ms ?? 0;
  const steps: Watts[] = [];
  let i = 0;
  for (let ms = 0; ms < spanMs; ms += STEP_MS) {
    while ((looks[i + 1]?.ms ?? Number.POSITIVE_INFINITY) <= ms) i += 1;
    steps.push((looks[i]?.watts ?? 0) * scale);
  }
  return (ms) => steps[Math.round(ms / STEP_MS) % steps.length] ?? 0;
}

/** Spans in which the load stays near one level, each with its highest watts: what a job could tell of itself. */
export function spans(trace: Trace, fromMs: Millis, untilMs: Millis, near: Watts) {
  const found: { from: Millis; until: Millis; watts: Watts }[] = [];
  for (let ms = fromMs; ms < untilMs; ms += STEP_MS) {
    const watts = trace(ms);
    const last = found.at(-1);
    if (last && Math.abs(last.watts - watts) <= near) {
      last.until = ms + STEP_MS;
      last.watts = Math.max(last.watts, watts);
    } else found.push({ from: ms, until: ms + STEP_MS, watts });
  }
  return found;
}
