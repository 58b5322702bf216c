/** What one rack writes down to go on after kill -9: orders, the memory of deciding, commands taken. */
import * as z from 'zod';
import { parseJson } from '#protocol/json.ts';
import { order } from '#protocol/order.ts';
import { epochMs } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';
import { calmGrid } from './decide/frequency/respond.ts';
import type { Memory } from './decide/plan.ts';
import { emptyMemory } from './decide/plan.ts';
import type { Journal } from './platform/store.ts';
import type { AcceptedOrder } from './state/observation.ts';
import type { LocalState, Picture } from './state/picture.ts';

const ORDERS = 'orders/';
const COMMANDS = 'command/';
const MEMORY = 'memory';
const LOCAL = 'local';
const RECORDING = 'recording';

const acceptedSchema = z.array(z.object({ topic: z.string(), order, digest: z.string(), receivedAt: z.number() }));
/** `memory` is JSON of our own, read back by the version that wrote it or a later one. */
const memorySchema = z.object({ at: z.number(), memory: z.string() });
const localSchema = z.object({
  lockedOut: z.array(z.string()),
  manualUntil: z.number().exactOptional(),
  observes: z.boolean().exactOptional(),
});

export type Recovered = {
  /** Accepted orders, per topic in the order of their seq. */
  readonly orders: readonly AcceptedOrder[];
  readonly memory: Memory;
  readonly commands: readonly string[];
  readonly local: LocalState | undefined;
  /** Whether the days are being recorded. */
  readonly recording: boolean;
  /** Whether there was a memory of the homes to go on from. */
  readonly known: boolean;
  /** The last moment that was written down, wall time; 0 when nothing was. */
  readonly at: Millis;
  readonly rows: ReadonlyMap<string, string>;
};

export class RackJournal {
  readonly #journal: Journal;
  readonly #failed: (error: Error) => void;
  #memory = '';
  #writing = false;
  #next: string | undefined;

  constructor(journal: Journal, failed: (error: Error) => void) {
    this.#journal = journal;
    this.#failed = failed;
  }

  async recover(wall: Millis): Promise<Recovered> {
    const rows = await this.#journal.load().catch((error: Error) => {
      this.#failed(error);
      return new Map<string, string>();
    });
    const orders: AcceptedOrder[] = [];
    const commands: string[] = [];
    for (const [key, body] of rows) {
      if (key.startsWith(COMMANDS)) {
        // One that is over cannot be replayed: its time says so by itself.
        if (epochMs(body) > wall) commands.push(key.slice(COMMANDS.length));
        else this.#journal.remove(key).catch(this.#failed);
      }
      if (key.startsWith(ORDERS)) orders.push(...(parsed(acceptedSchema, body) ?? []));
    }
    const written = parsed(memorySchema, rows.get(MEMORY));
    const memory = written ? revived(written.memory) : emptyMemory;
    const local = parsed(localSchema, rows.get(LOCAL));
    const known = Object.keys(memory.homes).length > 0;
    const recording = rows.has(RECORDING);
    return { orders, commands, rows, local, recording, memory, known, at: written?.at ?? 0 };
  }

  /** What has changed of the orders, written beside acting, not before it. */
  orders(before: Picture['orders'], after: Picture['orders']): void {
    for (const [topic, slot] of Object.entries(after)) {
      if (slot !== before[topic]) this.#journal.put(ORDERS + topic, JSON.stringify(slot.orders)).catch(this.#failed);
    }
    for (const topic of Object.keys(before)) {
      if (!(topic in after)) this.#journal.remove(ORDERS + topic).catch(this.#failed);
    }
  }

  local(local: LocalState): Promise<void> {
    return this.#journal.put(LOCAL, JSON.stringify(local));
  }

  /** Recording goes on over restarts. */
  recording(on: boolean): Promise<void> {
    return on ? this.#journal.put(RECORDING, 'on') : this.#journal.remove(RECORDING);
  }

  /** `until` is the time at which the command expires. */
  command(key: string, until: string): Promise<void> {
    return this.#journal.put(COMMANDS + key, until);
  }

  /** Writes the memory when it has changed in what matters; while one write runs, only the newest waits. */
  memory(memory: Memory, at: Millis): void {
    const body = JSON.stringify(lasting(memory));
    if (body === this.#memory) return;
    this.#memory = body;
    this.#next = JSON.stringify({ at, memory: body });
    if (!this.#writing) void this.#write();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#next !== undefined) {
      const body = this.#next;
      this.#next = undefined;
      await this.#journal.put(MEMORY, body).catch((error: Error) => {
        // Written again at the next change, or at the next turn if the disk heals.
        this.#memory = '';
        this.#failed(error);
      });
    }
    this.#writing = false;
  }
}

/** The last moment that was written down; 0 for an empty journal. */
export function lastMoment(rows: ReadonlyMap<string, string>): Millis {
  return parsed(memorySchema, rows.get(MEMORY))?.at ?? 0;
}

/** Without the monotonic moments: they mean nothing to the next process, and would be written at every turn. */
function lasting({
  line,
  lift,
  grid,
  heat,
  tracks,
  starts: _starts,
  usage,
  cutAt: _at,
  pace: _pace,
  run: _run,
  trim: _trim,
  balance: _balance,
  ...memory
}: Memory): object {
  return {
    ...memory,
    ...(line && { line: { ...line, movedAt: 0, hold: line.hold && { ...line.hold, until: 0 } } }),
    ...(lift && { lift: { ...lift, movedAt: 0 } }),
    usage: { spans: usage.spans },
    grid: { ...calmGrid, trips: grid.trips },
    heat: Object.fromEntries(Object.entries(heat).map(([zone, each]) => [zone, { ...each, movedAt: 0 }])),
    tracks: tracks.map(({ meteredSince: _since, ...track }) => track),
  };
}

/** A hold that was running starts anew: every raise after a boot waits this rack's own delay. */
function revived(body: string): Memory {
  const { line, ...memory } = { ...emptyMemory, ...(JSON.parse(body) as Memory) };
  if (!line) return memory;
  const { hold, ...plain } = line;
  return { ...memory, line: hold ? { ...plain, events: [...plain.events, hold.event] } : plain };
}

/** undefined for a row that is missing or not of this shape: it is as lost as one that never was. */
function parsed<Schema extends z.ZodType>(schema: Schema, body: string | undefined): z.infer<Schema> | undefined {
  if (body === undefined) return undefined;
  const result = schema.safeParse(parseJson(body));
  return result.success ? result.data : undefined;
}
