/**
 * The agent and its command line as a few JavaScript files: one entry for the command line, one for the store's
 * thread, and shared chunks beside them. Packages with native code stay outside, since they look for it on the disk.
 */
import { resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');

/** Packages that bring native code. */
export const outside = ['koffi', '@serialport/bindings-cpp'] as const;

const entries = {
  ballast: 'agent/cli/ballast.ts',
  'store-worker': 'agent/platform/store-worker.ts',
};

/** What CommonJS packages expect to find in a module, and an ES module does not have. No package uses these names. */
const banner = [
  "import { createRequire as ballastCreateRequire } from 'node:module';",
  "import { dirname as ballastDirname } from 'node:path';",
  "import { fileURLToPath as ballastFileUrlToPath } from 'node:url';",
  'const require = ballastCreateRequire(import.meta.url);',
  'const __filename = ballastFileUrlToPath(import.meta.url);',
  'const __dirname = ballastDirname(__filename);',
].join('');

/** Every file lands in `folder` itself: the worker and data files are found from there. The same input gives the same bytes. */
export async function bundle(folder: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: [...outside],
    banner: { js: banner },
    chunkNames: 'chunk-[hash]',
    legalComments: 'linked',
    logLevel: 'warning',
  });
}
