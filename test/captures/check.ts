/** Replays one case to the adapter it belongs to, and holds what the adapter says against what the peer expects. */
import type { Adapter, AdapterContext, Clock } from '#adapters/contract.ts';
import { AdapterError } from '#adapters/errors.ts';
import type { Seen } from './expectations.ts';
import { expectationOf } from './expectations.ts';
import { adapterOf } from './firmwares.ts';
import type { Case } from './folder.ts';
import type { Known } from './known.ts';
import { replaying } from './replay.ts';

export type Difference = {
  readonly field: string;
  readonly found: unknown;
  readonly wanted: unknown;
  /** Why the half of the adapter's word that has the field could not be had. */
  readonly failure: string | undefined;
  /** Why it is as it should be; undefined for one that is not. */
  readonly reason: string | undefined;
};

export type Verdict =
  | { readonly kind: 'no adapter'; readonly firmware: string }
  | {
      readonly kind: 'compared';
      readonly adapter: string;
      readonly matches: number;
      readonly differences: readonly Difference[];
      /** The peer's fields that Ballast does not read. */
      readonly notCompared: readonly string[];
      /** Entries of the list of known differences that applied. */
      readonly used: readonly Known[];
    };

export type Checking = { adapters: readonly Adapter[]; known: readonly Known[]; clock: Clock };

export async function checkCase(each: Case, { adapters, known, clock }: Checking): Promise<Verdict> {
  const adapter = adapters.find(({ name }) => name === adapterOf(each));
  if (!adapter) return { kind: 'no adapter', firmware: each.firmware || each.id };
  const { seen, failures } = await look(adapter, each, clock);
  const differences: Difference[] = [];
  const notCompared: string[] = [];
  const used: Known[] = [];
  let matches = 0;
  for (const [field, value] of Object.entries(each.expected)) {
    const expectation = expectationOf(field, value, seen);
    if (!expectation) notCompared.push(field);
    else if (expectation.holds) matches += 1;
    else {
      const { half, found, wanted } = expectation;
      const entry = known.find((one) => isAbout(one, each, adapter, field));
      if (entry) used.push(entry);
      differences.push({ field, found, wanted, failure: failures[half], reason: entry?.reason });
    }
  }
  return { kind: 'compared', adapter: adapter.name, matches, differences, notCompared, used };
}

function isAbout(entry: Known, each: Case, adapter: Adapter, field: string): boolean {
  return each.id.startsWith(`${entry.peer}/`) && entry.adapter === adapter.name && field.includes(entry.field);
}

type Looked = { seen: Seen; failures: Partial<Record<'identity' | 'reading', string>> };

/** The two halves on their own: many cases hold the replies for only one of them. */
async function look(adapter: Adapter, each: Case, clock: Clock): Promise<Looked> {
  const silent = () => undefined;
  const context: AdapterContext = {
    id: each.id,
    clock,
    log: { debug: silent, info: silent, warn: silent },
    connect: replaying(each.replies),
    secret: async () => 'replayed',
  };
  const options = adapter.options.parse({ host: 'replayed', password_file: 'replayed' });
  const device = adapter.open(options, context);
  const failures: Looked['failures'] = {};
  const note = (half: 'identity' | 'reading') => (error: unknown) => {
    if (!(error instanceof AdapterError)) throw error;
    failures[half] = error.message;
    return {};
  };
  const identity = await device.identify().catch(note('identity'));
  const reading = await device.read().catch(note('reading'));
  const limitUnit = device.controls.limit?.capability.range.unit;
  await device.stop();
  return { seen: { identity, reading, limitUnit }, failures };
}
