/** An order and what becomes of it, for people or as one JSON object a line. */
import { stripVTControlCharacters } from 'node:util';
import type { Step } from '#protocol/follow.ts';
import type { Phase } from '#protocol/lifecycle.ts';
import type { OrderRequest } from '#protocol/next-order.ts';
import type { Order, OrderBody, Target } from '#protocol/order.ts';
import { wrapped } from '../table.ts';
import type { Terminal, Tint } from '../terminal.ts';
import type { DispatchEnd, Told } from './dispatch.ts';
import { formatAmount, formatWatts } from './quantities.ts';

export function tellPeople(terminal: Terminal): Told {
  return {
    order: (order) => terminal.out(formatOrder(order)),
    step: (step) => terminal.out(formatStep(step, terminal)),
    note: (text) => terminal.note(text),
  };
}

/** Notes go to stderr here too, so that stdout holds nothing but JSON. */
export function tellPrograms(terminal: Terminal): Told {
  return {
    order: (order) => terminal.out(JSON.stringify({ kind: 'order', order })),
    step: (step) => terminal.out(JSON.stringify({ kind: 'step', ...step })),
    note: (text) => terminal.note(text),
  };
}

function formatTarget(target: Target): string {
  switch (target.kind) {
    case 'ceiling':
    case 'shed':
    case 'setpoint':
    case 'floor':
      return `${target.kind} ${formatAmount(target)}`;
    case 'market':
      return `energy at ${target.energy_usd_per_mwh} USD/MWh`;
    case 'release':
      return 'release';
    default:
      return target.kind;
  }
}

/** `ceiling 40 % for all, 21:00:00Z to 22:00:00Z, event ecrs-a, order 01JD` */
function formatOrder({ intervals, scope, event, id, issued_at }: OrderBody | Order): string {
  const [first] = intervals;
  if (!first) return `order ${id}`;
  const until = intervals.at(-1)?.until ?? first.until;
  const span = `${dayAndTime(first.from, issued_at)} to ${dayAndTime(until, issued_at)}`;
  return `${formatTarget(first.target)} for ${scope.to}, ${span}\nevent ${event}, order ${id}`;
}

/** `21:00:00Z r07    metered        5870 W of 6000 W  the meter's mean is ...`, whose reason goes on below where it is long. */
export function formatStep(step: Step, { tint, width }: Pick<Terminal, 'tint' | 'width'>): string {
  const { at, rack, phase, power_w, level_w, code, why } = step;
  const level = level_w === null ? '' : `of ${formatWatts(level_w)}`;
  const head = [
    timeOfDay(at),
    rack.padEnd(6),
    tint(phaseTints[phase] ?? 'dim', phase.padEnd(LONGEST_PHASE)),
    formatWatts(power_w).padStart(8),
    level.padEnd(10),
  ].join(' ');
  const margin = stripVTControlCharacters(head).length + 1;
  return wrapped([code, why].filter(Boolean).join(': '), width - margin)
    .map((line, i) => `${i === 0 ? head : ' '.repeat(margin - 1)} ${line}`.trimEnd())
    .join('\n');
}

export function formatEnd(end: DispatchEnd): string {
  switch (end) {
    case 'restored':
      return 'every rack that answered met its level and is back';
    case 'partial':
      return 'over, and not every rack got down to its level';
    case 'refused':
      return 'refused: see the code and the reason above';
    case 'replaced':
      return 'a newer order has taken this topic over: this one is no longer followed';
  }
}

/** What to type to end an order early, from the same operator file. */
export function releaseCommand(
  request: Pick<OrderRequest, 'to' | 'program'>,
  operatorFile: string | undefined,
): string {
  const from = operatorFile === undefined ? '' : ` --operator ${operatorFile}`;
  return `ballast order${from} --program ${request.program} --to ${request.to} --release`;
}

export const LONGEST_PHASE = 'acknowledged'.length;

export const phaseTints: Partial<Record<Phase | 'repeat', Tint>> = {
  metered: 'green',
  holding: 'green',
  restored: 'green',
  partial: 'yellow',
  overridden: 'yellow',
  refused: 'red',
  failed: 'red',
};

/** `21:00:00Z`, or `2026-11-22 21:00:00Z` when that is another day than `today`, an RFC 3339 time of it. */
export function dayAndTime(timestamp: string, today: string): string {
  const day = timestamp.slice(0, '2026-11-21'.length);
  return today.startsWith(day) ? timeOfDay(timestamp) : `${day} ${timeOfDay(timestamp)}`;
}

/** RFC 3339 to `21:00:00Z`: who watches knows the day. */
export function timeOfDay(timestamp: string): string {
  return `${timestamp.slice('2026-11-21T'.length, '2026-11-21T21:00:00'.length)}Z`;
}
