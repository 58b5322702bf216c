/** Reading files whose names an operator wrote. */
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';

export type Trouble = { message: string; hint: string };

/** The text of `file`, or what stands in the way and how to remove it. */
export async function readText(file: string): Promise<{ kind: 'ok'; text: string } | ({ kind: 'bad' } & Trouble)> {
  try {
    return { kind: 'ok', text: await readFile(file, 'utf8') };
  } catch (error) {
    const trouble = fileTrouble(error, file);
    if (!trouble) throw error;
    return { kind: 'bad', ...trouble };
  }
}

/** Why `file` cannot be read; undefined when it can. */
export async function whyUnreadable(file: string): Promise<Trouble | undefined> {
  try {
    await access(file, constants.R_OK);
    if ((await stat(file)).isFile()) return undefined;
    return { message: `${file} is not a file`, hint: 'name the file itself' };
  } catch (error) {
    return fileTrouble(error, file);
  }
}

/** A file system's error in plain words; undefined for any other error. */
export function fileTrouble(error: unknown, file: string): Trouble | undefined {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return { message: `there is no ${file}`, hint: 'create it, or correct the path' };
    case 'EEXIST':
    case 'ENOTDIR':
      return { message: `a file is in the way of ${file}`, hint: 'choose another folder' };
    case 'EACCES':
    case 'EPERM':
      return { message: `no permission for ${file}`, hint: 'run as the user who owns it, or change its owner or mode' };
    case 'EISDIR':
      return { message: `${file} is a folder`, hint: 'name the file itself' };
    case 'EROFS':
      return { message: `${file} lies on a read-only file system`, hint: 'choose another folder' };
    case 'ENOSPC':
      return { message: `no space left for ${file}`, hint: 'free some space' };
    default:
      return undefined;
  }
}
