/**
 * The register maps there are: one JSON file per model, named by the map's id. Some come with the agent; a technician
 * adds others, or better ones of the same id, to a folder.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pointKeys } from '#adapters/modbus/quantities.ts';
import type { MapProblem, RegisterMap } from '#adapters/modbus/register-map.ts';
import { parseRegisterMap, RegisterMapError } from '#adapters/modbus/register-map.ts';
import { nearest } from './nearest.ts';
import type { Outcome, Problem } from './problem.ts';

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
    maps: new Map(read.flatMap((each) => (each.kind === 'ok' ? [[each.value.id, each.value] as const] : []))),
    problems: read.flatMap((each) => (each.kind === 'bad' ? each.problems : [])),
  };
}

/** Every map that is sound. */
export async function allMaps(folder: string): Promise<RegisterMap[]> {
  return [...(await openShelf(folder)).maps.values()];
}

/** One map by itself, whatever its file is called. Throws what opening the file throws. */
export async function readMapFile(file: string): Promise<Outcome<RegisterMap>> {
  const text = await readFile(file, 'utf8');
  try {
    return { kind: 'ok', value: parseRegisterMap(text, file) };
  } catch (error) {
    if (error instanceof RegisterMapError) return { kind: 'bad', problems: error.problems.map(asProblem) };
    throw error;
  }
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

async function readMap(id: string, file: string): Promise<Outcome<RegisterMap>> {
  const read = await readMapFile(file);
  if (read.kind === 'bad' || read.value.id === id) return read;
  return { kind: 'bad', problems: [{ file, path: 'id', message: `${read.value.id} is not the name of its file` }] };
}

/** A mistake in a map, in the form of those in the operator's files. */
function asProblem({ file, point, rule, detail }: MapProblem): Problem {
  const meant = point !== undefined && rule.endsWith('key') ? nearest(point, pointKeys) : undefined;
  const hint = meant !== undefined && meant !== point ? { hint: `did you mean ${meant}?` } : {};
  return { file, path: point ?? '', message: `${rule}: ${detail}`, ...hint };
}
