/** The kernel's own files about devices: one value a file, read and written whole. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AdapterError, unless } from '../errors.ts';

export type Sysfs = {
  /** Without the line's end. Throws `AdapterError`; `unsupported` where there is no such file. */
  read(path: string): Promise<string>;
  write(path: string, value: string): Promise<void>;
  /** Names in a folder; none where there is no such folder. */
  list(path: string): Promise<string[]>;
};

/** @param root where the kernel's files are: in a container not always at their place. */
export function openSysfs(root = '/sys'): Sysfs {
  return {
    read: (path) => told(path, async () => (await readFile(join(root, path), 'utf8')).trim()),
    write: (path, value) => told(path, () => writeFile(join(root, path), value, { flag: 'r+' })),
    list: async (path) => await readdir(join(root, path)).catch(() => []),
  };
}

async function told<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw errorOf(path, cause as NodeJS.ErrnoException);
  }
}

function errorOf(path: string, cause: NodeJS.ErrnoException): AdapterError {
  const detail = { code: cause.code ?? '', cause };
  switch (cause.code) {
    case 'ENOENT':
    case 'EOPNOTSUPP':
      return new AdapterError('unsupported', `${path}: there is none`, detail);
    case 'EACCES':
    case 'EPERM':
      return new AdapterError('unauthorised', `${path}: permission denied to the agent’s user`, detail);
    case 'EINVAL':
    case 'EBUSY':
      return new AdapterError('refused', `${path}: the driver refuses the value`, detail);
    default:
      return new AdapterError('unreachable', `${path}: ${cause.message}`, detail);
  }
}

/** The number in a file; undefined where there is no such file. */
export async function numberAt(sysfs: Sysfs, path: string): Promise<number | undefined> {
  const text = await textAt(sysfs, path);
  if (text === undefined) return undefined;
  const value = text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new AdapterError('malformed', `${path}: "${text}" is no number`);
  return value;
}

export function textAt(sysfs: Sysfs, path: string): Promise<string | undefined> {
  return unless(['unsupported'], sysfs.read(path));
}

/** The folder of a device's sensors. Throws `AdapterError('unreachable')` where the device or its driver is gone. */
export async function hwmonOf(sysfs: Sysfs, device: string): Promise<string> {
  const [sensors] = await sysfs.list(`${device}/hwmon`);
  if (sensors === undefined) throw new AdapterError('unreachable', `${device}: no such device, or no driver for it`);
  return `${device}/hwmon/${sensors}`;
}
