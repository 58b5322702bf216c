/** What a rack offers, on a terminal of 80 columns. */
import type { OfferBlock, Offered } from '#protocol/telemetry.ts';
import type { Seconds } from '#protocol/units.ts';
import { formatWatts } from '../order/quantities.ts';
import type { Column } from '../table.ts';
import { table, wrapped } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function formatOffer(rack: string, offered: Offered, { width, tint }: Pick<Terminal, 'width' | 'tint'>): string {
  const { rated_w, down_w, up_w, down_s, up_s, for_s, down_curve, up_curve } = offered;
  const lines = [
    `${tint('bold', `rack ${rack}`)}  rated ${formatWatts(rated_w)}`,
    ...(for_s === null
      ? ['no issuer may order: the policy names none']
      : [`an order may last up to ${formatSpan(for_s)}`]),
    `down  ${sum(down_w, down_s, offered.down_why_none)}`,
    `up    ${sum(up_w, up_s, offered.up_why_none)}`,
  ].flatMap((line) => wrapped(line, width));
  const curves = [
    ...curve('it pays to give, at energy prices from', 'given, what earns least first', down_curve, width),
    ...curve('it pays to take, at energy prices up to', 'taken, what earns most first', up_curve, width),
  ];
  return [...lines, ...curves].join('\n');
}

/** `4 h`, or `10 min` where it is less than one. */
function formatSpan(seconds: Seconds): string {
  const [size, unit] = seconds < 3600 ? [60, 'min'] : [3600, 'h'];
  return `${Math.round((seconds / size) * 10) / 10} ${unit}`;
}

function sum(watts: number, seconds: number, whyNone: string | null | undefined): string {
  return watts > 0 ? `${formatWatts(watts)} within ${seconds} s` : `nothing${whyNone ? `: ${whyNone}` : ''}`;
}

const price: Column = { title: 'USD/MWH', align: 'right' };
const efficiency: Column = { title: 'J/TH', align: 'right' };
const others: readonly Column[] = [
  { title: 'WATTS', align: 'right' },
  { title: 'TOGETHER', align: 'right' },
  { title: 'IN', align: 'right' },
  { title: 'DEVICES', align: 'right' },
  { title: 'SURE' },
];

/** Without any price the miners' efficiency alone says in which order. */
function curve(priced: string, unpriced: string, blocks: readonly OfferBlock[], width: number): string[] {
  if (blocks.length === 0) return [];
  const isPriced = blocks.some(({ usd_per_mwh }) => usd_per_mwh !== null);
  const isMining = blocks.some(({ j_per_th }) => (j_per_th ?? null) !== null);
  let togetherW = 0;
  const rows = blocks.map(({ usd_per_mwh, j_per_th, watts, seconds, confidence, devices }) => {
    togetherW += watts;
    const sure = confidence === null ? 'not learned yet' : `${(confidence * 100).toFixed(1)} %`;
    return [
      ...(isPriced ? [usd_per_mwh?.toFixed(2) ?? 'unknown'] : []),
      ...(isMining ? [j_per_th?.toFixed(1) ?? '-'] : []),
      ...[formatWatts(watts), formatWatts(togetherW), `${seconds} s`, String(devices), sure],
    ];
  });
  const columns = [...(isPriced ? [price] : []), ...(isMining ? [efficiency] : []), ...others];
  return ['', isPriced ? priced : unpriced, ...table(columns, rows, width)];
}
