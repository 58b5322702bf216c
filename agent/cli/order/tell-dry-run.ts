/** What an order would do, rack by rack and in sum. */
import type { Ack, Prediction } from '#protocol/lifecycle.ts';
import type { Watts } from '#protocol/units.ts';
import type { Column } from '../table.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { DryRunAnswer } from './dry-run.ts';
import { formatWatts } from './quantities.ts';

/** Whether every rack asked can do what the order says. */
export function canMeet(answers: readonly DryRunAnswer[]): boolean {
  return answers.every(({ ack }) => predictionOf(ack)?.short_by_w === 0);
}

export function formatDryRun(answers: readonly DryRunAnswer[], terminal: Pick<Terminal, 'width' | 'tint'>): string {
  return [...answers.flatMap((answer) => [...rackLines(answer, terminal), '']), sum(answers)].join('\n');
}

const columns: Column[] = [
  { title: 'DEVICE' },
  { title: 'NOW', align: 'right' },
  { title: 'THEN', align: 'right' },
  { title: 'IN', align: 'right' },
  { title: 'WHY' },
];

function rackLines({ rack, ack }: DryRunAnswer, { width, tint }: Pick<Terminal, 'width' | 'tint'>): string[] {
  if (!ack) return [`${tint('bold', rack)}  ${tint('red', 'no answer within 10 s')}: ${WHY_SILENT}`];
  const prediction = predictionOf(ack);
  if (!prediction) return [`${tint('bold', rack)}  ${tint('red', ack.code ?? ack.result)}  ${ack.detail}`];
  const moves = [...prediction.cuts, ...prediction.raises].map((each) => {
    const { device, from_w, to_w, seconds, why } = each;
    return [device, formatWatts(from_w), formatWatts(to_w), `${Math.round(seconds)} s`, why];
  });
  const skipped = prediction.skipped.map(({ device, why }) => [device, '', '', '', `skipped: ${why}`]);
  return [`${tint('bold', rack)}  ${rackSentence(prediction)}`, ...table(columns, [...moves, ...skipped], width)];
}

/** What does not verify is never answered. */
const WHY_SILENT = 'it hears only issuers and keys of its policy';

function rackSentence({ level_w, power_w, expected_w, short_by_w, seconds }: Prediction): string {
  const level = level_w === null ? 'no level binds' : `level ${formatWatts(level_w)}`;
  const way = `${formatWatts(power_w)} now, ${formatWatts(expected_w)} in ${Math.round(seconds)} s`;
  return short_by_w > 0 ? `${level}; ${way}: ${formatWatts(short_by_w)} too much` : `${level}; ${way}`;
}

function sum(answers: readonly DryRunAnswer[]): string {
  const predictions = answers.flatMap(({ ack }) => predictionOf(ack) ?? []);
  if (predictions.length === 0) return `0 of ${answers.length} racks could do this`;
  const cuts = predictions.flatMap(({ cuts }) => cuts);
  const watts = total(cuts.map(({ from_w, to_w }) => from_w - to_w));
  const seconds = Math.round(Math.max(0, ...predictions.map((each) => each.seconds)));
  const racks = `${predictions.length} of ${answers.length} racks`;
  const short = total(predictions.map(({ short_by_w }) => short_by_w));
  const given = `${racks}: ${cuts.length} ${cuts.length === 1 ? 'device' : 'devices'} would give ${formatWatts(watts)} in ${seconds} s`;
  const taken = predictions.flatMap(({ raises }) => raises).map(({ from_w, to_w }) => to_w - from_w);
  const line = taken.length > 0 ? `${given}, and ${taken.length} would take ${formatWatts(total(taken))}` : given;
  return short > 0 ? `${line}; ${formatWatts(short)} short of the level` : line;
}

function total(watts: readonly Watts[]): Watts {
  return watts.reduce((sum, each) => sum + each, 0);
}

function predictionOf(ack: Ack | undefined): Prediction | undefined {
  return ack?.result === 'refused' ? undefined : (ack?.prediction ?? undefined);
}
