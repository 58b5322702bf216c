/** Recordings in memory, for scenarios: the lines of each part. */
import type { Recordings } from '#agent/platform/recordings.ts';
import type { Line } from '#agent/replay/recording.ts';
import { readLine } from '#agent/replay/recording.ts';

export class MemoryRecordings implements Recordings {
  readonly folder = 'recordings';
  /** Of each part, its lines. */
  readonly parts: string[][] = [];
  broken = false;

  begin(): void {
    this.broken = false;
    this.parts.push([]);
  }

  write(line: string): void {
    this.parts.at(-1)?.push(line);
  }

  async list() {
    return this.parts.map((part, i) => ({ file: String(i), bytes: part.join().length }));
  }

  async flush(): Promise<void> {}

  /** Everything, as it is read back. */
  lines(): Line[] {
    return this.parts.flat().map((text) => {
      const read = readLine(text);
      if (read.kind === 'bad') throw new Error(`${read.why}: ${text}`);
      return read.line;
    });
  }
}
