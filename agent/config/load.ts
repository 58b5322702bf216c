/** The two files of a rack, read, checked against each other and against what they name. */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { canonicalBytes } from '#protocol/canonical.ts';
import { brokerFiles, checkConfig, checkFiles } from './check-config.ts';
import { checkPolicy, readIssuerKeys } from './check-policy.ts';
import type { Config } from './config.ts';
import { configSchema, instrumentsOf } from './config.ts';
import type { IssuerKeys } from './keys.ts';
import type { MapShelf } from './maps.ts';
import { openShelf } from './maps.ts';
import type { Policy } from './policy.ts';
import { policySchema } from './policy.ts';
import type { Finding, Outcome, Problem } from './problem.ts';
import { formatPath } from './problem.ts';
import type { LineOf } from './yaml-file.ts';
import { readYamlFile } from './yaml-file.ts';

export type LoadedConfig = {
  /** Paths of the broker, `state`, `socket` and `maps` are absolute; a device's own files stay relative to `folder`. */
  config: Config;
  /** The folder of config.yaml, absolute. */
  folder: string;
  /** SHA-256, hex, over the RFC 8785 form of the config as written, with its defaults. */
  configHash: string;
};
/** With the register maps that it uses; `shelf.problems` are of maps that it does not. */
export type CheckedConfig = LoadedConfig & { shelf: MapShelf };
export type LoadedPolicy = { policy: Policy; keys: IssuerKeys };
/** Everything the agent is told by files. */
export type Loaded = CheckedConfig & LoadedPolicy;

/** Both files; when something is wrong, every problem of both. */
export async function load(files: { config: string; policy: string }): Promise<Outcome<Loaded>> {
  const config = await loadConfig(files.config);
  const policy = await loadPolicy(files.policy, config.kind === 'ok' ? config.value.config : undefined);
  if (config.kind === 'ok' && policy.kind === 'ok') return { kind: 'ok', value: { ...config.value, ...policy.value } };
  const problems = [config, policy].flatMap((each) => (each.kind === 'bad' ? each.problems : []));
  return { kind: 'bad', problems };
}

/** config.yaml, and whether everything it names exists and can be read. */
export async function loadConfig(file: string): Promise<Outcome<CheckedConfig>> {
  const parsed = await readYamlFile(file, configSchema);
  if (parsed.kind === 'bad') return parsed;
  const loaded = locate(parsed.value, file);
  const shelf = await openShelf(
    loaded.config.maps,
    instrumentsOf(loaded.config).map(({ model }) => model),
  );
  const findings = [...checkConfig(parsed.value, shelf), ...(await checkFiles(parsed.value, loaded.folder))];
  return findings.length > 0 ? bad(file, parsed.lineOf, findings) : { kind: 'ok', value: { ...loaded, shelf } };
}

/** config.yaml by itself: for who needs to know what it says, not whether an agent could run by it. */
export async function readConfig(file: string): Promise<Outcome<LoadedConfig>> {
  const parsed = await readYamlFile(file, configSchema);
  return parsed.kind === 'bad' ? parsed : { kind: 'ok', value: locate(parsed.value, file) };
}

/** policy.yaml with its keys; devices that it names are checked against `config` when that is given. */
export async function loadPolicy(file: string, config?: Config): Promise<Outcome<LoadedPolicy>> {
  const parsed = await readYamlFile(file, policySchema);
  if (parsed.kind === 'bad') return parsed;
  const policy = parsed.value;
  const { keys, findings: unusableKeys } = await readIssuerKeys(policy, dirname(resolve(file)));
  const findings = [...checkPolicy(policy, config), ...unusableKeys];
  return findings.length > 0 ? bad(file, parsed.lineOf, findings) : { kind: 'ok', value: { policy, keys } };
}

function locate(config: Config, file: string): LoadedConfig {
  const folder = dirname(resolve(file));
  return { config: absolutePaths(config, folder), folder, configHash: hashOf(config) };
}

function absolutePaths(config: Config, folder: string): Config {
  const files = brokerFiles(config.broker).map(([name, file]) => [name, resolve(folder, file)]);
  return {
    ...config,
    broker: { ...config.broker, ...Object.fromEntries(files) },
    state: resolve(folder, config.state),
    socket: resolve(folder, config.socket),
    maps: resolve(folder, config.maps),
  };
}

function hashOf(config: Config): string {
  return createHash('sha256').update(canonicalBytes(config)).digest('hex');
}

function bad(file: string, lineOf: LineOf, findings: Finding[]): { kind: 'bad'; problems: Problem[] } {
  const problems = findings
    .map(({ path, ...rest }) => ({ file, line: lineOf(path), path: formatPath(path), ...rest }))
    .sort((a, b) => a.line - b.line);
  return { kind: 'bad', problems };
}
