/**
 * The console as three files that any web server can serve, below any path: `node packaging/console.ts [folder]`.
 * Nothing in them comes from elsewhere at run time.
 */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const files = ['index.html', 'app.js', 'app.css'] as const;

export async function buildConsole(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: { app: 'agent/console/main.tsx' },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'linked',
    logLevel: 'warning',
  });
  await build({
    absWorkingDir: root,
    entryPoints: { app: 'agent/console/style/app.css' },
    outdir: folder,
    bundle: true,
    minify: true,
    logLevel: 'warning',
  });
  copyFileSync(join(root, 'agent/console/index.html'), join(folder, 'index.html'));
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(root, 'dist/console'));
  await buildConsole(folder);
  const sizes = files.map((file) => readFileSync(join(folder, file)));
  const total = sizes.reduce((sum, { length }) => sum + length, 0);
  const zipped = sizes.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0);
  console.log(`${folder}: ${files.join(', ')}; ${total} bytes, ${zipped} zipped`);
}
