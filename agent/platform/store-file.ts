/** One SQLite file that opens when it can, heals when it is damaged, and says in plain words what is wrong. */
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { StoreFault } from './store-messages.ts';

export type StoreFileOptions = {
  path: string;
  /** FULL: a commit is on the disk when it returns. NORMAL: a power cut may take the last commits. */
  synchronous: 'FULL' | 'NORMAL';
  /** One SQL text a schema version, oldest first. `user_version` counts how many a file has seen. */
  migrations: readonly string[];
  /** A damaged file was moved to `movedTo` and an empty one takes its place. */
  lost(movedTo: string, detail: string): void;
};

/** Carries a `StoreFault` up to whoever answers the request. */
export class StoreFileError extends Error {
  readonly fault: StoreFault;

  constructor(fault: StoreFault, cause: unknown) {
    super(fault.message, { cause });
    this.name = 'StoreFileError';
    this.fault = fault;
  }
}

/** How long a lock that someone else holds may stall this thread. */
const BUSY_MS = 2_000;

export class StoreFile {
  readonly #options: StoreFileOptions;
  #db: DatabaseSync | undefined;

  constructor(options: StoreFileOptions) {
    this.#options = options;
  }

  /** Runs `work` as one transaction, committed when this returns. Throws `StoreFileError`. */
  write<T>(work: (db: DatabaseSync) => T): T {
    return this.#healing(() => transaction(this.#open(), work));
  }

  /** Runs `work`, which only reads, and which a read-only disk does not stop. Throws `StoreFileError`. */
  read<T>(work: (db: DatabaseSync) => T): T {
    return this.#healing(() => {
      try {
        return work(this.#open());
      } catch (error) {
        if (faultOf(error, this.#options.path).kind !== 'readOnly') throw error;
        this.close();
        return readOnly(this.#options.path, work);
      }
    });
  }

  close(): void {
    const db = this.#db;
    this.#db = undefined;
    try {
      db?.close();
    } catch {
      // Closing checkpoints, which a failing disk refuses; what was committed is in the log and is found next time.
    }
  }

  #open(): DatabaseSync {
    if (this.#db) return this.#db;
    const { path, synchronous, migrations } = this.#options;
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
    const db = new DatabaseSync(path, { timeout: BUSY_MS });
    try {
      prepare(db, synchronous, migrations);
    } catch (error) {
      db.close();
      throw error;
    }
    this.#db = db;
    return db;
  }

  /** Starts an empty file in place of a damaged one; after any other fault the next call opens the file afresh. */
  #healing<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.close();
      if (!isDamage(error)) throw this.#explained(error);
      this.#moveAside(error);
    }
    try {
      return work();
    } catch (error) {
      this.close();
      throw this.#explained(error);
    }
  }

  #moveAside(error: unknown): void {
    const { path, lost } = this.#options;
    // One name, so that a disk that keeps damaging the file is not filled with copies.
    const aside = `${path}.damaged`;
    try {
      for (const suffix of ['-wal', '-shm', '']) moveOver(`${path}${suffix}`, `${aside}${suffix}`);
    } catch (moving) {
      throw this.#explained(moving);
    }
    lost(aside, error instanceof Error ? error.message : String(error));
  }

  #explained(error: unknown): StoreFileError {
    return error instanceof StoreFileError ? error : new StoreFileError(faultOf(error, this.#options.path), error);
  }
}

function prepare(db: DatabaseSync, synchronous: string, migrations: readonly string[]): void {
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
  const check = String(Object.values(db.prepare('PRAGMA quick_check(1)').get() ?? {})[0]);
  if (check !== 'ok') throw new Damaged(check);
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > migrations.length) {
    const message = `it has schema version ${version}, this agent knows up to ${migrations.length}`;
    throw new StoreFileError({ kind: 'newer', message: `a newer agent wrote the file: ${message}` }, undefined);
  }
  if (version === migrations.length) return;
  transaction(db, () => {
    for (const migration of migrations.slice(version)) db.exec(migration);
    db.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

function transaction<T>(db: DatabaseSync, work: (db: DatabaseSync) => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work(db);
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function readOnly<T>(path: string, work: (db: DatabaseSync) => T): T {
  // After a crash the log beside the file holds the last commits, and SQLite reads both without writing. After a clean
  // stop there is no log, and without the right to make one SQLite reads only what it is told never changes.
  const url = pathToFileURL(path);
  if (!sizeOf(`${path}-wal`)) url.searchParams.set('immutable', '1');
  const db = new DatabaseSync(url, { readOnly: true });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** The file reads as SQLite, but its structure is broken. */
class Damaged extends Error {}

function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return error instanceof Damaged || code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

// Primary result codes, https://sqlite.org/rescode.html
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

function faultOf(error: unknown, path: string): StoreFault {
  const code = sqliteCode(error) ?? (error as { code?: unknown }).code;
  const words = error instanceof Error ? error.message : String(error);
  switch (code) {
    case SQLITE_FULL:
    case 'ENOSPC':
      return { kind: 'full', message: `${path} cannot grow: no space left on the disk` };
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return { kind: 'readOnly', message: `${path} cannot be written: read-only disk or missing rights (${words})` };
    case SQLITE_BUSY:
      return { kind: 'busy', message: `${path} is held by another program` };
    default:
      return { kind: 'failing', message: `${path} cannot be used: ${words}` };
  }
}

function sqliteCode(error: unknown): number | undefined {
  const extended = (error as { errcode?: unknown }).errcode;
  return typeof extended === 'number' ? extended & 0xff : undefined;
}

function moveOver(from: string, to: string): void {
  rmSync(to, { force: true });
  if (sizeOf(from) !== undefined) renameSync(from, to);
}

/** Bytes; undefined when there is no such file. */
function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
