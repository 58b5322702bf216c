/** Where the register maps lie, one JSON file per model, named by the map's id. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The maps that come with the agent. */
export const SHIPPED_MAPS = join(import.meta.dirname, '../../firmware-adapters/modbus/maps');

/** The ids of all maps in `folder`, sorted. */
export async function mapIds(folder = SHIPPED_MAPS): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}
