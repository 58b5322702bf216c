/** Modules that run in threads of their own: TypeScript beside the caller in a checkout, JavaScript in the bundle. */
import { extname } from 'node:path';

/** @param from the caller's `import.meta.url`. */
export function moduleBeside(name: string, from: string): URL {
  return new URL(`./${name}${extname(from)}`, from);
}
