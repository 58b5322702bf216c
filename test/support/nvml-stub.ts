/** Builds the stand-in for NVIDIA's library with gcc, and one for `nvidia-smi`. */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const sources = resolve(import.meta.dirname, '../simulator/nvml');

/** @param folder where they are put. Throws where there is no gcc, or nothing to compile against. */
export function buildNvml(folder: string): { readonly library: string; readonly smi: string } {
  const [library, smi] = [join(folder, 'libnvidia-ml.so.1'), join(folder, 'nvidia-smi')];
  const strict = ['-O2', '-Wall', '-Wextra', '-Werror'];
  // Its complaints are in what is thrown, not on the terminal.
  const gcc = (...args: string[]) => execFileSync('gcc', [...strict, ...args], { stdio: 'pipe' });
  gcc('-shared', '-fPIC', '-o', library, join(sources, 'nvml.c'), '-lm', '-lpthread');
  gcc('-o', smi, join(sources, 'nvidia-smi.c'), '-ldl');
  return { library, smi };
}
