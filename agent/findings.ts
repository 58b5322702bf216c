/** What the rack has found out about its devices, kept in the journal: what they have taught, and who is commissioned. */
import * as z from 'zod';
import { parseJson } from '#protocol/json.ts';
import type { Millis } from '#protocol/units.ts';
import type { Journal } from './platform/store.ts';
import type { DeviceFacts, Observation } from './state/observation.ts';
import type { Picture } from './state/picture.ts';
import { devicesOf } from './state/picture.ts';

const LEARNED = 'learned/';
const COMMISSIONED = 'commissioned/';
/** Learning is no news: what a crash takes with it is learned again. */
const LEARNED_MS: Millis = 60_000;

const setting = z.union([
  z.object({ kind: z.literal('asleep') }),
  z.object({ kind: z.literal('awake'), limit: z.number().exactOptional() }),
]);
const known = z.number().exactOptional();
const learnedSchema = z.object({
  drop10S: known,
  drop90S: known,
  rampUpS: known,
  failureOdds: known,
  wattsAt: z.array(z.object({ setting, watts: z.number() })).exactOptional(),
  calls: known,
  failed: known,
});
const commissionedSchema = z.object({
  at: z.number(),
  how: z.enum(['moved', 'observed']),
  adapter: z.string(),
  mac: z.string().exactOptional(),
  outlets: z.array(z.string()),
});

export class Findings {
  readonly #journal: Journal;
  readonly #failed: (error: Error) => void;
  /** As it is in the journal. */
  readonly #written = new Map<string, DeviceFacts>();
  #learnedAt: Millis = 0;

  constructor(journal: Journal, failed: (error: Error) => void) {
    this.#journal = journal;
    this.#failed = failed;
  }

  /** What the rows of a journal tell of devices; rows of another shape are as lost as ones that never were. */
  recalled(rows: ReadonlyMap<string, string>): Observation[] {
    return [...rows].flatMap(([key, body]): Observation[] => {
      const device = key.slice(key.indexOf('/') + 1);
      if (key.startsWith(LEARNED)) {
        const { data: learned } = learnedSchema.safeParse(parseJson(body));
        return learned ? [{ kind: 'learned', device, learned }] : [];
      }
      if (!key.startsWith(COMMISSIONED)) return [];
      const { data: commissioned } = commissionedSchema.safeParse(parseJson(body));
      return commissioned ? [{ kind: 'commissioned', device, commissioned }] : [];
    });
  }

  /** What is new since the last time; the journal gathers what comes at once into one write. */
  keep(picture: Picture, mono: Millis): void {
    const due = mono - this.#learnedAt >= LEARNED_MS;
    if (due) this.#learnedAt = mono;
    for (const { facts } of devicesOf(picture)) {
      const before = this.#written.get(facts.id);
      const { learned, commissioned } = facts;
      if (commissioned && commissioned !== before?.commissioned) this.#put(COMMISSIONED + facts.id, commissioned);
      else if (!due || learned === before?.learned) continue;
      if (learned && learned !== before?.learned) this.#put(LEARNED + facts.id, learned);
      this.#written.set(facts.id, facts);
    }
  }

  #put(key: string, body: object): void {
    this.#journal.put(key, JSON.stringify(body)).catch(this.#failed);
  }
}
