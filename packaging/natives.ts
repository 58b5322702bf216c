/** What the package brings for its own architecture: Node itself, and the packages with native code. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { outside } from './bundle.ts';

export const architectures = { amd64: 'x64', arm64: 'arm64' } as const;
/** As Debian calls it. */
export type Architecture = keyof typeof architectures;

const root = resolve(import.meta.dirname, '..');

/** What a package ships for compilers, for readers and for other machines. */
const needless = [
  '**/*.md',
  '**/*.d.ts',
  '**/*.map',
  '**/binding.gyp',
  '@serialport/bindings-cpp/src',
  '@koromix/*/musl_*',
  '**/prebuilds/*/*.musl.node',
  'koffi/{doc,vendor,lib,cnoke.cjs}',
  'koffi/src/**/{CMakeLists.txt,trampolines.cjs,*.cc,*.hh,*.inc,*.S,*.asm}',
  'node-gyp-build/{bin,build-test,optional}.js',
  'node-addon-api',
];

/** Installs for `architecture`, on a machine of any other, and copies what runs there into `folder`. */
export function addNatives(folder: string, architecture: Architecture): void {
  const cpu = architectures[architecture];
  const work = mkdtempSync(join(tmpdir(), 'ballast-natives-'));
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      copyFileSync(join(root, file), join(work, file));
    const flags = ['--omit=dev', '--os=linux', `--cpu=${cpu}`, '--libc=glibc', '--no-audit', '--no-fund'];
    execFileSync('npm', ['ci', '--ignore-scripts', '--loglevel=error', ...flags], { cwd: work, stdio: 'inherit' });
    const installed = join(work, 'node_modules');
    copyFileSync(join(installed, `node-linux-${cpu}/bin/node`), join(folder, 'node'));
    for (const name of closure(installed, outside))
      copyPackage(join(installed, name), join(folder, 'node_modules', name));
    prune(join(folder, 'node_modules'), cpu);
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** `names` and all that they need and is installed: optional ones for other machines are not. */
function closure(installed: string, names: readonly string[]): string[] {
  const found = new Set<string>();
  const add = (name: string) => {
    const manifest = manifestOf(join(installed, name));
    if (found.has(name) || !manifest) return;
    found.add(name);
    for (const needed of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) add(needed);
  };
  for (const name of names) add(name);
  return [...found].sort();
}

type Manifest = { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> };

function manifestOf(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

function copyPackage(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
}

function prune(modules: string, cpu: string): void {
  const foreign = globSync('**/prebuilds/*', { cwd: modules }).filter((path) => !path.endsWith(`linux-${cpu}`));
  for (const path of [...globSync(needless, { cwd: modules }), ...foreign]) {
    rmSync(join(modules, path), { recursive: true, force: true });
  }
}
