/** The register maps that come with the agent: one JSON file per model, named by the map's id. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import { parseRegisterMap } from '#adapters/modbus/register-map.ts';

const folder = join(import.meta.dirname, '../../firmware-adapters/modbus/maps');

/** The ids of all maps, sorted. */
export async function mapIds(): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** The maps with these ids. @throws RegisterMapError for a map that breaks a rule, ENOENT for one that is not there. */
export async function readMaps(ids: readonly string[]): Promise<ReadonlyMap<string, RegisterMap>> {
  const read = async (id: string): Promise<[string, RegisterMap]> => {
    const file = join(folder, `${id}.json`);
    return [id, parseRegisterMap(await readFile(file, 'utf8'), file)];
  };
  return new Map(await Promise.all([...new Set(ids)].map(read)));
}
