/** The two tables of the store, and the statements that use them. */
import type { DatabaseSync } from 'node:sqlite';
import type { HistoryLimits, HistoryRow } from './store-messages.ts';

/** Append only: a file in the field has seen a prefix of this list. */
export const journalMigrations = [
  `CREATE TABLE entry (
     rack TEXT NOT NULL,
     key TEXT NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (rack, key)
   ) STRICT, WITHOUT ROWID`,
] as const;

/** Append only, as above. AUTOINCREMENT: an id that was reused could be dropped by a late acknowledgement. */
export const historyMigrations = [
  `CREATE TABLE record (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     rack TEXT NOT NULL,
     kind TEXT NOT NULL,
     at REAL NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE INDEX record_of_rack ON record (rack, id);
   CREATE INDEX record_at ON record (at)`,
] as const;

export type JournalChange = {
  rack: string;
  key: string;
  /** Absent: the entry is removed. */
  body?: string;
};

export function applyChanges(db: DatabaseSync, changes: readonly JournalChange[]): void {
  const put = db.prepare(
    'INSERT INTO entry (rack, key, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
  );
  const remove = db.prepare('DELETE FROM entry WHERE rack = ? AND key = ?');
  for (const { rack, key, body } of changes) {
    if (body === undefined) remove.run(rack, key);
    else put.run(rack, key, body);
  }
}

export function entriesOf(db: DatabaseSync, rack: string): [key: string, body: string][] {
  const rows = db.prepare('SELECT key, body FROM entry WHERE rack = ?').all(rack);
  return rows.map((row) => [String(row['key']), String(row['body'])]);
}

export type NewRecord = { rack: string; row: Omit<HistoryRow, 'id'> };

export function insertRecords(db: DatabaseSync, records: readonly NewRecord[]): void {
  const insert = db.prepare('INSERT INTO record (rack, kind, at, body) VALUES (?, ?, ?, ?)');
  for (const { rack, row } of records) insert.run(rack, row.kind, row.at, row.body);
}

/** Removes what is over the limits and returns how many rows `rack` lost. */
export function trim(db: DatabaseSync, rack: string, limits: HistoryLimits, nowMs: number): number {
  const old = db.prepare('DELETE FROM record WHERE rack = ? AND at < ?').run(rack, nowMs - limits.maxAgeMs);
  const beyond = db
    .prepare(
      `DELETE FROM record WHERE rack = ?1 AND id <=
         (SELECT id FROM record WHERE rack = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
    )
    .run(rack, limits.maxRows);
  return Number(old.changes) + Number(beyond.changes);
}

/** The oldest rows, oldest first. */
export function oldestRecords(db: DatabaseSync, rack: string, limit: number): HistoryRow[] {
  const rows = db.prepare('SELECT id, kind, at, body FROM record WHERE rack = ? ORDER BY id LIMIT ?').all(rack, limit);
  return rows.map((row) => ({
    id: Number(row['id']),
    kind: String(row['kind']),
    at: Number(row['at']),
    body: String(row['body']),
  }));
}

export function dropRecords(db: DatabaseSync, rack: string, upToId: number): void {
  db.prepare('DELETE FROM record WHERE rack = ? AND id <= ?').run(rack, upToId);
}

export function countRecords(db: DatabaseSync, rack: string): number {
  return Number(db.prepare('SELECT count(*) AS rows FROM record WHERE rack = ?').get(rack)?.['rows']);
}
