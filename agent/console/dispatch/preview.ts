/** What an order would do, rack by rack, as the racks themselves answer a dry run. Pure: an answer in, the preview out. */
import type { Ack, Prediction } from '#protocol/lifecycle.ts';
import type { OrderBody } from '#protocol/order.ts';
import type { Seconds, Watts } from '#protocol/units.ts';
import { sum } from '../model/sum.ts';

export type Preview = {
  /** Unsigned, as the racks were asked about it. */
  readonly order: OrderBody;
  /** By the id of the command that asked. */
  readonly asked: ReadonlyMap<string, string>;
  /** By rack. */
  readonly answers: ReadonlyMap<string, Answer>;
};

export type Answer =
  | { readonly kind: 'foreseen'; readonly prediction: Prediction }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string };

export type PreviewSum = {
  readonly asked: number;
  readonly answered: number;
  readonly refused: number;
  /** Racks that cannot come down to their level. */
  readonly short: number;
  /** Of those that answered: now, and when all have settled. */
  readonly nowW: Watts;
  readonly thenW: Watts;
  /** Until the slowest has settled. */
  readonly seconds: Seconds;
};

export function startPreview(order: OrderBody, asked: ReadonlyMap<string, string>): Preview {
  return { order, asked, answers: new Map() };
}

export function answered(preview: Preview, { type, id, rack, result, code, detail, prediction }: Ack): Preview {
  if (type !== 'command' || preview.asked.get(id) !== rack) return preview;
  const answer: Answer =
    result !== 'refused' && prediction
      ? { kind: 'foreseen', prediction }
      : { kind: 'refused', code: code ?? result, detail };
  return { ...preview, answers: new Map(preview.answers).set(rack, answer) };
}

export function isComplete({ asked, answers }: Preview): boolean {
  return answers.size === asked.size;
}

export function sumOf({ asked, answers }: Preview): PreviewSum {
  const all = [...answers.values()];
  const predictions = all.flatMap((answer) => (answer.kind === 'foreseen' ? answer.prediction : []));
  return {
    asked: asked.size,
    answered: all.length,
    refused: all.length - predictions.length,
    short: predictions.filter(({ short_by_w }) => short_by_w > 0).length,
    nowW: sum(predictions, ({ power_w, expected_w }) => power_w ?? expected_w),
    thenW: sum(predictions, ({ expected_w }) => expected_w),
    seconds: Math.max(0, ...predictions.map((each) => each.seconds)),
  };
}

/** Every rack asked: those that need a look first, then those that give most. */
export function rowsOf({ asked, answers }: Preview): { rack: string; answer: Answer | undefined }[] {
  return [...asked.values()]
    .map((rack) => ({ rack, answer: answers.get(rack) }))
    .sort(
      (a, b) =>
        concern(b.answer) - concern(a.answer) || given(b.answer) - given(a.answer) || (a.rack < b.rack ? -1 : 1),
    );
}

function concern(answer: Answer | undefined): number {
  if (answer === undefined) return 3;
  if (answer.kind === 'refused') return 2;
  return answer.prediction.short_by_w > 0 ? 1 : 0;
}

function given(answer: Answer | undefined): Watts {
  if (answer?.kind !== 'foreseen') return 0;
  const { power_w, expected_w } = answer.prediction;
  return (power_w ?? expected_w) - expected_w;
}
