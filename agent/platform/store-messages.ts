/** What the store and its worker thread say to each other. */

/**
 * - `full`: no space left
 * - `readOnly`: read-only file system or missing rights
 * - `busy`: another program holds the file
 * - `newer`: a newer version of the agent wrote the file
 * - `failing`: anything else the disk or the file may do
 * - `stopped`: the store does not run
 */
export type StoreFault = { kind: 'full' | 'readOnly' | 'busy' | 'newer' | 'failing' | 'stopped'; message: string };

export type StoreFileName = 'journal' | 'history';

export type StoreEvent =
  /** A damaged journal was moved to `movedTo` and an empty one started. */
  | { kind: 'journalLost'; movedTo: string; detail: string }
  | { kind: 'historyLost'; movedTo: string; detail: string }
  /** Rows that left the history because it was full, too old, or could not be written. */
  | { kind: 'historyDropped'; rack: string; rows: number }
  /** From now on until `recovered`, what goes to this file is not recorded. */
  | { kind: 'failing'; file: StoreFileName; fault: StoreFault }
  | { kind: 'recovered'; file: StoreFileName };

export type HistoryRow = { id: number; kind: string; at: number; body: string };

export type HistoryLimits = {
  /** Rows a rack may keep. */
  maxRows: number;
  /** Milliseconds. */
  maxAgeMs: number;
};

export type WorkerData = { folder: string; limits: HistoryLimits };

/** `id` names the request in the reply; `keep` has none, nobody waits for it. */
export type StoreRequest =
  | { kind: 'open'; id: number }
  | { kind: 'put'; id: number; rack: string; key: string; body: string }
  | { kind: 'remove'; id: number; rack: string; key: string }
  | { kind: 'load'; id: number; rack: string }
  | { kind: 'keep'; rack: string; row: Omit<HistoryRow, 'id'> }
  | { kind: 'take'; id: number; rack: string; limit: number }
  | { kind: 'drop'; id: number; rack: string; upToId: number }
  | { kind: 'size'; id: number; rack: string }
  | { kind: 'stop'; id: number };

export type StoreReply =
  | { kind: 'done'; ids: number[] }
  | { kind: 'value'; id: number; value: unknown }
  | { kind: 'failed'; ids: number[]; fault: StoreFault }
  | { kind: 'event'; event: StoreEvent };
