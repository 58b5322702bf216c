/**
 * Makes the Debian package: `node packaging/deb.ts [amd64|arm64] [folder]`, on a machine of either. Two builds of one
 * commit give the same bytes: times are the commit's, rights are set here, names are sorted.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  globSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bashCompletion } from '#agent/cli/completion/bash.ts';
import { choicesOf } from '#agent/cli/completion/choices.ts';
import { fishCompletion } from '#agent/cli/completion/fish.ts';
import { zshCompletion } from '#agent/cli/completion/zsh.ts';
import packageJson from '../package.json' with { type: 'json' };
import { bundle } from './bundle.ts';
import { buildConsole } from './console.ts';
import { manPage, wholeCommandLine } from './man.ts';
import type { Architecture } from './natives.ts';
import { addNatives, architectures } from './natives.ts';

const root = resolve(import.meta.dirname, '..');
const MAINTAINER = 'Ballast maintainers <maintainers@users.noreply.r-seed-df6b8edf.example>';

const GUIDES = [
  'docs/install.md',
  'docs/operating.md',
  'docs/brokers.md',
  'docs/adding-hardware.md',
  'protocol/SCHEMA.md',
  'firmware-adapters/README.md',
];

const [architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim(), out = 'dist'] =
  process.argv.slice(2);
if (!isKnown(architecture)) {
  console.error(`no package for ${architecture}: known are ${Object.keys(architectures).join(' and ')}`);
  process.exit(2);
}
console.log(await makePackage(architecture, resolve(root, out)));

/** @returns the file it made. */
async function makePackage(architecture: Architecture, folder: string): Promise<string> {
  const epoch = Number(process.env['SOURCE_DATE_EPOCH'] ?? git('log', '-1', '--format=%ct'));
  const stage = mkdtempSync(join(tmpdir(), 'ballast-deb-'));
  try {
    await fill(stage, architecture, epoch);
    settle(stage, epoch);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `ballast_${packageJson.version}_${architecture}.deb`);
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(epoch) };
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', stage, file], { env, stdio: 'ignore' });
    return file;
  } finally {
    rmSync(stage, { recursive: true });
  }
}

async function fill(stage: string, architecture: Architecture, epoch: number): Promise<void> {
  const at = (path: string) => join(stage, path);
  const copy = (from: string, to: string) => cpSync(join(root, from), at(to), { recursive: true });
  copy('packaging/root', '.');
  const home = 'usr/lib/ballast';
  await bundle(at(`${home}/agent/bundle`));
  await buildConsole(at(`${home}/dist/console`));
  addNatives(at(home), architecture);
  copy('firmware-adapters/modbus/maps', `${home}/firmware-adapters/modbus/maps`);
  copy('protocol/schemas', 'usr/share/ballast/schemas');
  copy('docs/sample', 'usr/share/doc/ballast/examples');
  // In the folders of a checkout, so that the guides' links hold.
  for (const guide of GUIDES) copy(guide, `usr/share/doc/ballast/${guide}`);
  copy('docs/sample', 'usr/share/doc/ballast/docs/sample');
  for (const each of ['grafana', 'prometheus']) copy(`docs/${each}`, `usr/share/ballast/${each}`);
  writeFileSync(at('usr/share/doc/ballast/copyright'), copyright());
  copy('CHANGELOG.md', 'usr/share/doc/ballast/CHANGELOG.md');
  writeFileSync(at('usr/share/doc/ballast/changelog.gz'), gzip(changelog(new Date(epoch * 1000))));
  const choices = choicesOf(await wholeCommandLine());
  const script = (file: string, text: string) => {
    mkdirSync(dirname(at(file)), { recursive: true });
    writeFileSync(at(file), `${text}\n`);
  };
  script('usr/share/bash-completion/completions/ballast', bashCompletion(choices));
  script('usr/share/zsh/vendor-completions/_ballast', zshCompletion(choices));
  script('usr/share/fish/vendor_completions.d/ballast.fish', fishCompletion(choices));
  mkdirSync(at('usr/share/man/man1'), { recursive: true });
  writeFileSync(at('usr/share/man/man1/ballast.1.gz'), gzip(await manPage(new Date(epoch * 1000))));
  mkdirSync(at('usr/share/lintian/overrides'), { recursive: true });
  copyFileSync(join(root, 'packaging/debian/lintian-overrides'), at('usr/share/lintian/overrides/ballast'));
  control(stage, architecture);
}

function control(stage: string, architecture: Architecture): void {
  const debian = join(stage, 'DEBIAN');
  const kib = Math.ceil(files(stage).reduce((sum, file) => sum + statSync(join(stage, file)).size, 0) / 1024);
  mkdirSync(debian);
  const values: Record<string, string> = {
    VERSION: packageJson.version,
    ARCHITECTURE: architecture,
    MAINTAINER,
    INSTALLED_KIB: String(kib),
  };
  const template = readFileSync(join(root, 'packaging/debian/control'), 'utf8');
  writeFileSync(
    join(debian, 'control'),
    template.replaceAll(/@(\w+)@/g, (_whole, name: string) => values[name] ?? ''),
  );
  const configuration = files(stage).filter((file) => file.startsWith('etc/'));
  writeFileSync(join(debian, 'conffiles'), configuration.map((file) => `/${file}\n`).join(''));
  for (const script of ['postinst', 'prerm', 'postrm']) {
    copyFileSync(join(root, 'packaging/debian', script), join(debian, script));
  }
  const sums = files(stage).filter((file) => !file.startsWith('DEBIAN/'));
  writeFileSync(join(debian, 'md5sums'), execFileSync('md5sum', sums, { cwd: stage }));
}

/** Rights and times that do not depend on who builds, or when. */
function settle(stage: string, epoch: number): void {
  const programs = [/^usr\/bin\//, /^usr\/lib\/ballast\/node$/, /^DEBIAN\/(postinst|prerm|postrm)$/];
  for (const path of globSync('**', { cwd: stage })) {
    const full = join(stage, path);
    const executable = statSync(full).isDirectory() || programs.some((program) => program.test(path));
    chmodSync(full, executable ? 0o755 : 0o644);
    lutimesSync(full, epoch, epoch);
  }
}

function files(folder: string): string[] {
  return globSync('**', { cwd: folder })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}

function copyright(): string {
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: ballast',
    '',
    'Files: *',
    'Copyright: 2026 the Ballast maintainers',
    'License: Apache-2.0',
    ' On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.',
    '',
    'Files: usr/lib/ballast/node usr/lib/ballast/node_modules/*',
    'Copyright: 2015-2026 their authors',
    'License: MIT',
    ' Node.js and the packages beside it are distributed under the terms in their own folders.',
    '',
  ].join('\n');
}

/** In Debian's form; the one for people lies beside it. */
function changelog(at: Date): string {
  const date = at.toUTCString().replace('GMT', '+0000');
  const version = `ballast (${packageJson.version}) unstable; urgency=medium`;
  return `${version}\n\n  * What it brings is told in CHANGELOG.md beside this file.\n\n -- ${MAINTAINER}  ${date}\n`;
}

/** Best compression and no time stamp. */
function gzip(text: string | Buffer): Buffer {
  return gzipSync(text, { level: 9 });
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}

function isKnown(name: string): name is Architecture {
  return Object.hasOwn(architectures, name);
}
