/** What a rack offers, on a terminal of 80 columns. */
import type { OfferBlock, Offered } from '#protocol/telemetry.ts';
import { formatWatts } from '../order/quantities.ts';
import type { Column } from '../table.ts';
import { cut, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function formatOffer(rack: string, offered: Offered, { width, tint }: Pick<Terminal, 'width' | 'tint'>): string {
  const { rated_w, down_w, up_w, down_s, up_s, for_s, down_curve, up_curve } = offered;
  const span = for_s === null ? 'to nobody: the policy names no issuer' : `for up to ${for_s / 3600} h`;
  const lines = [
    `${tint('bold', `rack ${rack}`)}  rated ${formatWatts(rated_w)}; offers ${span}`,
    `down  ${formatWatts(down_w)} within ${down_s} s`,
    `up    ${formatWatts(up_w)} within ${up_s} s`,
    ...curve('it pays to give, at energy prices from', down_curve, width),
    ...curve('it pays to take, at energy prices up to', up_curve, width),
  ];
  return lines.map((line) => cut(line, width)).join('\n');
}

const columns: Column[] = [
  { title: 'USD/MWH', align: 'right' },
  { title: 'WATTS', align: 'right' },
  { title: 'TOGETHER', align: 'right' },
  { title: 'IN', align: 'right' },
  { title: 'DEVICES', align: 'right' },
  { title: 'SURE' },
];

function curve(title: string, blocks: readonly OfferBlock[], width: number): string[] {
  if (blocks.length === 0) return [];
  let togetherW = 0;
  const rows = blocks.map(({ usd_per_mwh, watts, seconds, confidence, devices }) => {
    togetherW += watts;
    const price = usd_per_mwh === null ? 'unknown' : usd_per_mwh.toFixed(2);
    const sure = confidence === null ? 'not learned yet' : `${(confidence * 100).toFixed(1)} %`;
    return [price, formatWatts(watts), formatWatts(togetherW), `${seconds} s`, String(devices), sure];
  });
  return ['', title, ...table(columns, rows, width)];
}
