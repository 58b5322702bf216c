/** What a search found, as YAML that can be pasted into config.yaml; what nobody can know yet is said beside it. */
import { stringify } from 'yaml';
import type { FoundMiner } from '#agent/technician/miners.ts';

type Miner = Extract<FoundMiner, { kind: 'miner' }>;

export function minerEntries(found: readonly FoundMiner[]): string {
  const miners = found.filter((each) => each.kind === 'miner');
  const strangers = found.filter((each) => each.kind === 'stranger');
  const ids = idsOf(miners.map(({ host }) => host));
  return [
    ...(miners.length > 0 ? [OUTLETS, 'devices:', ...miners.map((miner, i) => entryOf(miner, ids[i] ?? ''))] : []),
    ...strangers.map(({ host, ports }) => `# ${host} listens on ${ports.join(', ')}, but is none of the known miners`),
  ].join('\n');
}

const OUTLETS = `# outlets: [pdu-a/1] belongs into each entry once it is known which outlet feeds it:
# ballast commission --write finds that out, where the PDUs measure their outlets.`;

function entryOf({ host, adapter, recognised }: Miner, id: string): string {
  const { identity, ratedW, options } = recognised;
  const { make, model, firmware, serial, mac, hostname } = identity;
  const words = [
    [make, model].filter(Boolean).join(' '),
    ...(firmware ? [`firmware ${firmware}`] : []),
    ...(serial ? [`serial ${serial}`] : []),
    ...(hostname ? [hostname] : []),
  ];
  const entry = { id, adapter, host, ...(mac && { mac }), ...options, rated_w: ratedW ?? null, outlets: [] };
  const [line] = stringify([entry], { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).split(
    '\n',
  );
  // A flow list of one: its brackets are not the entry's.
  const flow = (line ?? '').replace(/^\[|\]$/g, '');
  const check = ratedW === undefined ? 'rated_w: as on the nameplate' : 'rated_w: by its own word, check the nameplate';
  return `  # ${words.join(', ')}; ${check}\n  - ${flow}`;
}

/** `m` and the last number of the address; with the one before where that is not enough. */
function idsOf(hosts: readonly string[]): string[] {
  const last = hosts.map((host) => host.split('.').at(-1) ?? '');
  const short = new Set(last).size === last.length;
  return hosts.map((host, i) => (short ? `m${last[i]?.padStart(3, '0')}` : `m-${host.split('.').slice(-2).join('-')}`));
}
