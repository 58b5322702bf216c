/** NVIDIA's library, where the config has GPUs of theirs. */
import koffi from 'koffi';
import type { Config } from '#agent/config/config.ts';
import type { Finding } from './finding.ts';
import { fail, ok } from './finding.ts';

const LIBRARY = 'libnvidia-ml.so.1';

export function checkGpuLibrary({ devices }: Config): Finding[] {
  if (!devices.some(({ adapter }) => adapter === 'nvidia')) return [];
  try {
    koffi.load(LIBRARY);
    return [ok('GPUs', `${LIBRARY} is there`)];
  } catch {
    return [
      fail(
        'GPUs',
        `${LIBRARY} cannot be loaded`,
        "install the driver's package libnvidia-ml1, of the driver's version",
      ),
    ];
  }
}
