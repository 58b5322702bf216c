/**
 * Who imports whom, held against a table of rooms. Values are what esbuild follows when it bundles each file; types are
 * found in the text, since they leave no trace in any bundle.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** A room is a folder or one file; it may always import itself. The longest room that fits a file is its own. */
export type Rule = {
  readonly room: string;
  /** Rooms it may import anything of. */
  readonly values: readonly string[];
  /** Rooms it may import only types of. */
  readonly types?: readonly string[];
  /** The packages it is limited to, `node:` modules included; absent for any. */
  readonly packages?: readonly string[];
};

type Import = { readonly file: string; readonly target: string; readonly kind: 'value' | 'type' };

/** One sentence for each import that the table does not allow. */
export function brokenRules(root: string, rules: readonly Rule[]): string[] {
  const folders = [...new Set(rules.map(({ room }) => room.split('/')[0]))];
  const all = globSync(
    folders.map((folder) => `${folder}/**/*.{ts,tsx}`),
    { cwd: root },
  );
  const files = all.filter((file) => isProduction(file, rules));
  const imports = [...valueImports(root, files), ...files.flatMap((file) => typeImports(root, file))];
  return [...new Set(imports.flatMap((each) => whyNot(each, rules) ?? []))].sort();
}

/** Tests beside the code may reach for whatever they test with. */
function isProduction(file: string, rules: readonly Rule[]): boolean {
  return !/\.(test|d)\.ts$/.test(file) && ruleOf(file, rules) !== undefined;
}

function whyNot({ file, target, kind }: Import, rules: readonly Rule[]): string | undefined {
  const rule = ruleOf(file, rules);
  if (!rule) return undefined;
  const { room, values, types = [], packages } = rule;
  const says = `${file} imports ${kind === 'type' ? 'a type of ' : ''}${target}`;
  if (isPackage(target)) {
    if (!packages || packages.includes(packageOf(target))) return undefined;
    return `${says}: of packages, ${room} may import ${packages.join(', ') || 'none'}`;
  }
  const allowed = [room, ...values, ...(kind === 'type' ? types : [])];
  if (allowed.includes(ruleOf(target, rules)?.room ?? target)) return undefined;
  return `${says}: ${room} may import ${values.join(', ') || 'no other room'}${types.length ? `, and types of ${types.join(', ')}` : ''}`;
}

function ruleOf(file: string, rules: readonly Rule[]): Rule | undefined {
  return rules
    .filter(({ room }) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.room.length - a.room.length)[0];
}

function valueImports(root: string, files: readonly string[]): Import[] {
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [...files],
    outdir: 'never-written',
    write: false,
    bundle: true,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
  });
  return Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
    imports.map(({ path }) => ({ file, target: path, kind: 'value' as const })),
  );
}

const TYPE_IMPORT = /\b(?:import|export)\s+type\s[^;']*?\sfrom\s+'([^']+)'|\bimport\('([^']+)'\)/g;

function typeImports(root: string, file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const aliases = aliasesOf(root);
  return [...text.matchAll(TYPE_IMPORT)].map(([, from, inline]) => ({
    file,
    target: resolved(file, from ?? inline ?? '', aliases),
    kind: 'type',
  }));
}

/** `#protocol/*` and so on, from package.json. */
function aliasesOf(root: string): [alias: string, folder: string][] {
  const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    imports: Record<string, string>;
  };
  return Object.entries(imports).map(([alias, folder]) => [alias.replace('*', ''), folder.replace(/^\.\/|\*$/g, '')]);
}

function resolved(file: string, specifier: string, aliases: [string, string][]): string {
  if (specifier.startsWith('.')) return join(file, '..', specifier);
  const [alias, folder] = aliases.find(([each]) => specifier.startsWith(each)) ?? ['', ''];
  return alias ? folder + specifier.slice(alias.length) : specifier;
}

/** Files of the repository end in an extension and begin with a folder that is no package. */
function isPackage(target: string): boolean {
  return target.startsWith('node:') || !/\.(tsx?|json)$/.test(target);
}

/** `zod/mini` is of `zod`, `@types/ws/x` of `@types/ws`. */
function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}
