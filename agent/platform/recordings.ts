/**
 * Recordings on disk: a file a part, each a row of gzip members that hold a few seconds of lines. A crash costs the last
 * of them, and the rest still opens with any gzip. The oldest files go when there are too many or too much.
 */
import { appendFile, mkdir, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import type { Millis } from '#protocol/units.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';

export type Recordings = {
  readonly folder: string;
  /** Begins a new file for what follows, named after this wall time. */
  begin(at: Millis): void;
  write(line: string): void;
  /** Whether something since `begin` could not be written. */
  readonly broken: boolean;
  /** What is on disk. Rejects with the file system's error. */
  list(): Promise<RecordingFile[]>;
  /** Resolves when everything so far is on disk, or has failed and was logged. */
  flush(): Promise<void>;
};

export type RecordingFile = { readonly file: string; readonly bytes: number };

export type RecordingsParts = { readonly clock: Clock; readonly log: Logger; readonly limits?: Limits };

/** A day of parts of an hour and the one that is being written, and what a small card can spare. */
type Limits = { readonly files: number; readonly bytes: number };
const usualLimits: Limits = { files: 25, bytes: 256 * 1024 * 1024 };

/** Lines wait this long for company; a flash card likes few large writes. */
const GATHER_MS: Millis = 10_000;
const SUFFIX = '.ndjson.gz';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

export function openRecordings(folder: string, parts: RecordingsParts): Recordings {
  return new RecordingFiles(folder, parts);
}

/** The files of a folder of recordings, oldest first; a file stands for itself. Rejects with the file system's error. */
export async function recordingsIn(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const files = await readdir(path);
  return files
    .filter((file) => file.endsWith(SUFFIX))
    .sort()
    .map((file) => join(path, file));
}

/** The lines of one file, as far as they were written whole. Also reads one that somebody has unpacked. */
export async function readRecording(file: string): Promise<string[]> {
  const bytes = await readFile(file);
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  // The last member may be cut short by a crash.
  const text = packed ? await decompress(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes;
  const lines = text.toString('utf8').split('\n');
  // What follows the last end of line is a line cut short, or nothing.
  return lines.slice(0, -1);
}

class RecordingFiles implements Recordings {
  readonly folder: string;
  readonly #parts: RecordingsParts;
  #file: string | undefined;
  #waiting: string[] = [];
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #broken = false;

  constructor(folder: string, parts: RecordingsParts) {
    this.folder = folder;
    this.#parts = parts;
  }

  get broken(): boolean {
    return this.#broken;
  }

  begin(at: Millis): void {
    this.#send();
    this.#broken = false;
    this.#file = join(this.folder, `${new Date(at).toISOString().replaceAll(':', '-')}${SUFFIX}`);
  }

  write(line: string): void {
    this.#waiting.push(line);
    this.#cancel ??= this.#parts.clock.after('recording', GATHER_MS, () => this.#send());
  }

  async list(): Promise<RecordingFile[]> {
    const files = await recordingsIn(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return await Promise.all(files.map(async (file) => ({ file, bytes: (await stat(file)).size })));
  }

  async flush(): Promise<void> {
    this.#send();
    await this.#writing;
  }

  #send(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const file = this.#file;
    const lines = this.#waiting.splice(0);
    if (file === undefined || lines.length === 0) return;
    this.#writing = this.#writing.then(() => this.#append(file, `${lines.join('\n')}\n`));
  }

  async #append(file: string, text: string): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o750 });
      await appendFile(file, await compress(text), { mode: 0o640 });
      await this.#dropOldest();
    } catch (error) {
      if (file === this.#file) this.#broken = true;
      this.#parts.log.warn({ error, file }, 'the recording could not be written');
    }
  }

  async #dropOldest(): Promise<void> {
    const { files: most, bytes: room } = this.#parts.limits ?? usualLimits;
    const files = await this.list();
    let bytes = files.reduce((sum, each) => sum + each.bytes, 0);
    // Never the one that is being written.
    for (const [i, each] of files.slice(0, -1).entries()) {
      if (files.length - i <= most && bytes <= room) return;
      await unlink(each.file);
      bytes -= each.bytes;
    }
  }
}
