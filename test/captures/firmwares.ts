/** Which of Ballast's adapters the devices of a case belong to, by the names that the index has for their firmware. */
import type { Case } from './folder.ts';

/** The first row that fits decides. Undefined for a firmware that Ballast does not know. */
export function adapterOf({ id, firmware, backend }: Pick<Case, 'id' | 'firmware' | 'backend'>): string | undefined {
  // proto-fleet says only "stock", and its id the make.
  const name = firmware === 'stock' ? id : `${firmware} ${backend ?? ''}`;
  return rows.find(([pattern]) => pattern.test(name))?.[1];
}

const rows: [names: RegExp, adapter: string][] = [
  [/\bluxos/i, 'luxos'],
  [/vnish/i, 'vnish'],
  [/braiins/i, 'braiins'],
  // Newer firmware answers to the older API as well, and that is the older adapter's.
  [/whatsminer.*v2.?compat/i, 'whatsminer-v2'],
  [/whatsminer.*\bv3\b/i, 'whatsminer-v3'],
  [/whatsminer/i, 'whatsminer-v2'],
  [/\bepic/i, 'epic'],
  [/auradine/i, 'auradine'],
  [/avalon/i, 'avalon'],
  [/goldshell/i, 'goldshell'],
  [/axeos/i, 'axeos'],
  [/sealminer/i, 'sealminer'],
  [/elphapex/i, 'elphapex'],
  [/innosilicon/i, 'innosilicon'],
  [/marathon/i, 'marathon'],
  [/antminer/i, 'antminer'],
];
