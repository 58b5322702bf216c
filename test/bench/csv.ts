/** Recorded data: plain comma-separated files without quotes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Rows by column name; undefined when the folder has no such file. Rejects when it cannot be read otherwise. */
export async function readCsv(folder: string, file: string): Promise<Record<string, string>[] | undefined> {
  const text = await readFile(join(folder, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const [head = '', ...lines] = text.split(/\r?\n/).filter((line) => line !== '');
  const columns = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? '']));
  });
}
