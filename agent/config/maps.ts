/**
 * The register maps there are: one JSON file per model, named by the map's id. Some come with the agent; a technician
 * adds others, or better ones of the same id, to a folder.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MapProblem, RegisterMap } from '#adapters/modbus/register-map.ts';
import { parseRegisterMap, RegisterMapError } from '#adapters/modbus/register-map.ts';
import type { Problem } from './problem.ts';

export type MapShelf = {
  /** Ids of all there are, sorted, also of those with mistakes. */
  ids: readonly string[];
  /** Those asked for, as far as they are sound. */
  maps: ReadonlyMap<string, RegisterMap>;
  /** Mistakes in those asked for, and in any of the technician's. */
  problems: readonly Problem[];
};

/** `wanted` are ids; without it all are read. A `folder` that does not exist holds none. */
export async function openShelf(folder: string, wanted?: readonly string[]): Promise<MapShelf> {
  const own = await filesIn(folder).catch(nothingThere);
  const files = new Map([...(await filesIn(shipped)), ...own]);
  const chosen = [...files].filter(([id]) => wanted === undefined || wanted.includes(id) || own.has(id));
  const read = await Promise.all(chosen.map(([id, file]) => readMap(id, file)));
  return {
    ids: [...files.keys()].sort(),
    maps: new Map(read.flatMap((each) => ('map' in each ? [[each.map.id, each.map] as const] : []))),
    problems: read.flatMap((each) => ('problems' in each ? each.problems : [])),
  };
}

/** Throws `RegisterMapError`, or what reading the file throws. */
export async function readMapFile(file: string): Promise<RegisterMap> {
  return parseRegisterMap(await readFile(file, 'utf8'), file);
}

const shipped = join(import.meta.dirname, '../../firmware-adapters/modbus/maps');

async function filesIn(folder: string): Promise<Map<string, string>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));
  return new Map(files.map((file) => [file.slice(0, -'.json'.length), join(folder, file)]));
}

function nothingThere(error: NodeJS.ErrnoException): Map<string, string> {
  if (error.code === 'ENOENT') return new Map();
  throw error;
}

async function readMap(id: string, file: string): Promise<{ map: RegisterMap } | { problems: readonly Problem[] }> {
  try {
    const map = await readMapFile(file);
    if (map.id === id) return { map };
    return { problems: [{ file, path: 'id', message: `${map.id} is not the name of its file` }] };
  } catch (error) {
    if (error instanceof RegisterMapError) return { problems: error.problems.map(asProblem) };
    throw error;
  }
}

/** A mistake in a map, in the form of those in the operator's files. */
export function asProblem({ file, point, rule, detail }: MapProblem): Problem {
  return { file, path: point ?? '', message: `${rule}: ${detail}` };
}
