/** A store in memory with a disk that fails when told, for scenarios. */
import type { HistoryRow, RackStore, Store } from '#agent/platform/store.ts';
import { StoreError } from '#agent/platform/store.ts';

export class MemoryStore implements Store {
  /** While true nothing can be written, as with a full disk; what is there can be read. */
  fail = false;
  readonly #racks = new Map<string, { entries: Map<string, string>; rows: HistoryRow[]; lastId: number }>();

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  /** What the disk holds for `rack`; the same after every restart of the agent. */
  entries(rack: string): Map<string, string> {
    return this.#disk(rack).entries;
  }

  rack(rack: string): RackStore {
    const disk = this.#disk(rack);
    return {
      journal: {
        // By key, as the table on disk has them.
        load: async () => new Map([...disk.entries].sort(([a], [b]) => (a < b ? -1 : 1))),
        put: async (key, body) => {
          this.#mustWork();
          disk.entries.set(key, body);
        },
        remove: async (key) => {
          this.#mustWork();
          disk.entries.delete(key);
        },
      },
      history: {
        keep: (kind, at, body) => {
          if (!this.fail) disk.rows.push({ id: ++disk.lastId, kind, at, body });
        },
        take: async (limit) => disk.rows.slice(0, limit),
        drop: async (upToId) => {
          this.#mustWork();
          disk.rows = disk.rows.filter((row) => row.id > upToId);
        },
        size: async () => disk.rows.length,
      },
    };
  }

  #disk(rack: string) {
    const known = this.#racks.get(rack);
    if (known) return known;
    const fresh = { entries: new Map<string, string>(), rows: [] as HistoryRow[], lastId: 0 };
    this.#racks.set(rack, fresh);
    return fresh;
  }

  #mustWork(): void {
    if (this.fail) throw new StoreError({ kind: 'full', message: 'no space left on the disk' });
  }
}
