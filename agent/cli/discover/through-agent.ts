/** The same search on the wires of the agent that runs: it alone may use them. */
import * as z from 'zod';
import type { BusConfig } from '#agent/config/config.ts';
import { bus } from '#agent/config/instruments.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { Candidate } from '#agent/technician/recognise.ts';
import type { Progress, UnitFound } from '#agent/technician/search.ts';
import { wireName } from '#agent/technician/search.ts';
import type { Millis } from '#protocol/units.ts';
import type { LocalOptions } from '../local-agent.ts';
import { agentOf, answerIfRunning } from '../local-agent.ts';
import type { WireFound } from './entries.ts';

const buses = z.object({
  buses: z.array(z.object({ bus, units: z.array(z.object({ unit: z.int(), instrument: z.string() })) })),
});
const candidate = z.object({
  model: z.string(),
  by: z.enum(['marked', 'plausible']),
  telling: z.number(),
  values: z.record(z.string(), z.number()),
});
const found = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('found'), candidates: z.array(candidate) }),
  z.object({ kind: z.literal('silent') }),
]);

/** Dozens of models are tried on a unit, and some may say nothing to each. */
const UNIT_MS: Millis = 120_000;

/** undefined when no agent runs here. Units that the config knows are left out. */
export async function throughAgent(
  options: LocalOptions,
  unitsOn: (kind: BusConfig['kind']) => readonly number[],
  { clock, progress, signal }: { clock: Clock; progress: Progress; signal: AbortSignal },
): Promise<WireFound[] | undefined> {
  const answer = await answerIfRunning(options, clock, 'buses', {});
  if (answer === undefined) return undefined;
  const agent = await agentOf(options, clock);
  const wires: WireFound[] = [];
  for (const wire of buses.parse(answer).buses) {
    const known = wire.units.map(({ unit }) => unit);
    const units: UnitFound[] = [];
    for (const unit of unitsOn(wire.bus.kind).filter((each) => !known.includes(each))) {
      signal.throwIfAborted();
      const seen = found.parse(await agent.ask('recognise', { bus: wire.bus.id, unit }, UNIT_MS));
      const told = seen.kind === 'found' ? { unit, candidates: seen.candidates as Candidate[] } : undefined;
      if (told) units.push(told);
      progress(wireName(wire.bus), unit, told);
    }
    wires.push({ bus: wire.bus, isKnown: true, units });
  }
  return wires;
}
