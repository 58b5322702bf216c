/** Writes the outlets that were seen to feed each device into config.yaml, and leaves every other word as it is. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { isMap, isSeq, parseDocument } from 'yaml';

/** The text with the outlets of these devices; `changed` are those whose entry is another now. */
export function withOutlets(
  text: string,
  outlets: ReadonlyMap<string, readonly string[]>,
): { text: string; changed: string[] } {
  const document = parseDocument(text);
  const devices = document.get('devices');
  const changed: string[] = [];
  for (const entry of isSeq(devices) ? devices.items : []) {
    if (!isMap(entry)) continue;
    const id = String(entry.get('id'));
    const seen = outlets.get(id);
    const listed = entry.get('outlets');
    if (!seen?.length || sameList(isSeq(listed) ? listed.toJSON() : [], seen)) continue;
    entry.set('outlets', document.createNode([...seen], { flow: true }));
    changed.push(id);
  }
  return {
    text: changed.length > 0 ? document.toString({ lineWidth: 0, flowCollectionPadding: false }) : text,
    changed,
  };
}

/** In one step, so that the agent never reads half a file. @returns ids of the devices whose entry is another now. */
export async function writeOutlets(file: string, outlets: ReadonlyMap<string, readonly string[]>): Promise<string[]> {
  const { text, changed } = withOutlets(await readFile(file, 'utf8'), outlets);
  if (changed.length === 0) return changed;
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
  return changed;
}

function sameList(listed: unknown, seen: readonly string[]): boolean {
  return Array.isArray(listed) && listed.length === seen.length && listed.every((each, i) => each === seen[i]);
}
