/**
 * The thread that owns the disk. SQLite is synchronous and a commit waits for the disk, so neither may happen on the
 * thread that cuts power. Whatever arrives while a commit runs goes into the next one.
 */
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { StoreFile, StoreFileError } from './store-file.ts';
import type {
  HistoryLimits,
  StoreEvent,
  StoreFault,
  StoreFileName,
  StoreReply,
  StoreRequest,
  WorkerData,
} from './store-messages.ts';
import * as tables from './store-tables.ts';

const FLUSH_MS = 10_000;
/** History rows that wait in memory: more are written at once, and beyond the second limit the oldest are dropped. */
const FLUSH_ROWS = 500;
const MAX_WAITING_ROWS = 20_000;

type Answer = (reply: StoreReply) => void;

class StoreWorker {
  readonly #answer: Answer;
  readonly #limits: HistoryLimits;
  readonly #journal: StoreFile;
  readonly #history: StoreFile;
  readonly #failing = new Set<StoreFileName>();
  #changes: { id: number; change: tables.JournalChange }[] = [];
  #records: tables.NewRecord[] = [];
  #flush: NodeJS.Timeout | undefined;

  constructor({ folder, limits }: WorkerData, answer: Answer) {
    this.#answer = answer;
    this.#limits = limits;
    this.#journal = new StoreFile({
      path: join(folder, 'journal.db'),
      synchronous: 'FULL',
      migrations: tables.journalMigrations,
      lost: (movedTo, detail) => this.#report({ kind: 'journalLost', movedTo, detail }),
    });
    this.#history = new StoreFile({
      path: join(folder, 'history.db'),
      synchronous: 'NORMAL',
      migrations: tables.historyMigrations,
      lost: (movedTo, detail) => this.#report({ kind: 'historyLost', movedTo, detail }),
    });
  }

  handle(request: StoreRequest): void {
    switch (request.kind) {
      case 'open':
        this.#open(request.id);
        break;
      case 'put':
        this.#change(request.id, { rack: request.rack, key: request.key, body: request.body });
        break;
      case 'remove':
        this.#change(request.id, { rack: request.rack, key: request.key });
        break;
      case 'load':
        this.#commit();
        this.#reply(request.id, 'journal', () => this.#journal.read((db) => tables.entriesOf(db, request.rack)));
        break;
      case 'keep':
        this.#keep(request);
        break;
      case 'take':
        this.#askHistory(request.id, (db) => tables.oldestRecords(db, request.rack, request.limit));
        break;
      case 'drop':
        this.#reply(request.id, 'history', () => {
          this.#history.write((db) => tables.dropRecords(db, request.rack, request.upToId));
        });
        break;
      case 'size':
        this.#askHistory(request.id, (db) => tables.countRecords(db, request.rack));
        break;
      case 'stop':
        this.#stop(request.id);
        break;
    }
  }

  /** Shows at the start, not at the first order, what the disk is good for. */
  #open(id: number): void {
    this.#attempt('journal', () => this.#writeJournal([]));
    this.#attempt('history', () => this.#history.write(() => {}));
    this.#answer({ kind: 'done', ids: [id] });
  }

  #change(id: number, change: tables.JournalChange): void {
    // The immediate runs after every message that is already here.
    if (this.#changes.length === 0) setImmediate(() => this.#commit());
    this.#changes.push({ id, change });
  }

  #commit(): void {
    const batch = this.#changes;
    if (batch.length === 0) return;
    this.#changes = [];
    const ids = batch.map(({ id }) => id);
    const changes = batch.map(({ change }) => change);
    const result = this.#attempt('journal', () => this.#writeJournal(changes));
    this.#answer('fault' in result ? { kind: 'failed', ids, fault: result.fault } : { kind: 'done', ids });
  }

  #writeJournal(changes: tables.JournalChange[]): void {
    this.#journal.write((db) => tables.applyChanges(db, changes));
    this.#works('journal');
  }

  #keep(record: tables.NewRecord): void {
    this.#records.push(record);
    if (this.#records.length > MAX_WAITING_ROWS) this.#dropOldestWaiting();
    this.#flush ??= setTimeout(() => this.#flushHistory(), FLUSH_MS);
    // Only at the multiples, so that a failing disk is not tried at every row.
    if (this.#records.length % FLUSH_ROWS === 0) this.#flushHistory();
  }

  /** What waits in memory is part of the answer. */
  #askHistory(id: number, query: (db: DatabaseSync) => unknown): void {
    this.#reply(id, 'history', () => {
      this.#writeHistory();
      return this.#history.read(query);
    });
  }

  #flushHistory(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const result = this.#attempt('history', () => this.#writeHistory());
    if ('fault' in result) this.#flush = setTimeout(() => this.#flushHistory(), FLUSH_MS);
  }

  #writeHistory(): void {
    const records = this.#records;
    if (records.length === 0) return;
    const racks = new Set(records.map(({ rack }) => rack));
    const dropped = this.#history.write((db) => {
      tables.insertRecords(db, records);
      return [...racks].map((rack) => ({ rack, rows: tables.trim(db, rack, this.#limits, Date.now()) }));
    });
    this.#records = [];
    this.#works('history');
    for (const { rack, rows } of dropped) if (rows > 0) this.#report({ kind: 'historyDropped', rack, rows });
  }

  #dropOldestWaiting(): void {
    const dropped = this.#records.splice(0, FLUSH_ROWS);
    for (const [rack, records] of Map.groupBy(dropped, (record) => record.rack)) {
      this.#report({ kind: 'historyDropped', rack, rows: records.length });
    }
  }

  #stop(id: number): void {
    this.#commit();
    this.#flushHistory();
    clearTimeout(this.#flush);
    this.#journal.close();
    this.#history.close();
    this.#answer({ kind: 'done', ids: [id] });
  }

  #reply(id: number, file: StoreFileName, work: () => unknown): void {
    const result = this.#attempt(file, work);
    if ('fault' in result) this.#answer({ kind: 'failed', ids: [id], fault: result.fault });
    else this.#answer({ kind: 'value', id, value: result.value });
  }

  /** Runs `work` and reports when the file begins to fail; only a write shows that it works again. */
  #attempt<T>(file: StoreFileName, work: () => T): { value: T } | { fault: StoreFault } {
    try {
      return { value: work() };
    } catch (error) {
      if (!(error instanceof StoreFileError)) throw error;
      if (!this.#failing.has(file)) this.#report({ kind: 'failing', file, fault: error.fault });
      this.#failing.add(file);
      return { fault: error.fault };
    }
  }

  #works(file: StoreFileName): void {
    if (this.#failing.delete(file)) this.#report({ kind: 'recovered', file });
  }

  #report(event: StoreEvent): void {
    this.#answer({ kind: 'event', event });
  }
}

const worker = new StoreWorker(workerData as WorkerData, (reply) => parentPort?.postMessage(reply));
parentPort?.on('message', (request: StoreRequest) => worker.handle(request));
