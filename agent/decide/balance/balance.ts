/**
 * The counterweight: a level is held while the AI load spikes.
 *
 *   miners' part  = line - AI load expected once the miners have followed     (hints first, recent shape second)
 *   AI's caps     = line - the most the miners may still draw
 *
 * The caps make it safe: where the AI load rises faster than the miners fall, it waits for them, and the line is never
 * crossed. How much AI time that may cost is the policy's, and decides how short a pause the miners still fill.
 */
import type { Policy } from '#agent/config/policy.ts';
import { dropS } from '#agent/state/learn.ts';
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import { freshDevice } from '#agent/state/staleness.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { Allotted, Steerable } from '../share/allocate.ts';
import { sum } from '../sum.ts';
import type { Spiky } from './caps.ts';
import { capped } from './caps.ts';
import { hintedW } from './expected.ts';
import type { Look, Shape } from './shape.ts';
import { flat, peakW, withLook } from './shape.ts';

export type BalanceMemory = {
  readonly shape: Shape;
  /** What the miners were to draw together, oldest first, for as long as they take to follow. */
  readonly told: readonly Look[];
};

export type Balance = {
  readonly spiky: readonly Spiky[];
  readonly others: readonly Steerable[];
  /** Watts kept free for the AI load, and by whose word. */
  readonly expectedW: Watts;
  readonly by: 'hints' | 'shape' | 'nameplates';
  readonly shape: Shape;
  readonly delayMs: Millis;
  readonly deadMs: Millis;
};

/** Beyond their own delay: a turn, and the reading after it. */
const SLACK_MS: Millis = 250;
/** A cap is set so much before what it makes room for: a turn, and the cap's own way. */
const LEAD_MS: Millis = 150;
/** Above what is expected, so that a load that wavers does not press against its caps. */
const MARGIN = 0.05;
/** A GPU this near to its cap is held back by it. */
const PRESSED = 0.99;
/** A load that is held back is taken to want so much more, until it no longer presses. */
const MORE = 1.1;

/** undefined where the policy does not ask for it, or where nothing spikes or nothing could even it out. */
export function balanceOf(
  picture: Picture,
  { balance }: Policy,
  steerable: readonly Steerable[],
  before: BalanceMemory | undefined,
  now: Now,
): Balance | undefined {
  if (!balance) return undefined;
  const spiky = steerable.flatMap((each) => spikyOf(each, picture, now) ?? []);
  if (spiky.length === 0 || spiky.length === steerable.length) return undefined;
  const ids = new Set(spiky.map(({ device }) => device));
  const others = steerable.filter(({ device }) => !ids.has(device));
  const views = others.flatMap(({ device }) => deviceOf(picture, device) ?? []);
  const delayMs = Math.max(0, ...views.map(followMs));
  const deadMs = Math.min(...views.map(({ facts }) => (facts.learned?.drop10S ?? 0) * 1000));
  const fullW = sum(spiky.map(({ homeW }) => homeW));
  const known = before?.shape ?? flat;
  const shape = withLook(known, lookAt(spiky, known, fullW, now), delayMs + SLACK_MS, balance.ai_time);
  const hinted = hintedW(picture, ids, {
    fromMono: now.mono + Math.max(0, deadMs - LEAD_MS),
    untilMono: now.mono + delayMs + LEAD_MS,
  });
  const peak = peakW(shape);
  const word = hinted ?? peak ?? fullW;
  const by = hinted !== undefined ? 'hints' : peak !== undefined ? 'shape' : 'nameplates';
  const leastW = sum(spiky.map(({ dial }) => dial.min));
  const expectedW = Math.min(fullW, Math.max(leastW, word * (1 + MARGIN)));
  return { spiky, others, expectedW, by, shape, delayMs, deadMs };
}

/** What the GPUs draw; where caps hold them back, what they would draw is not to be seen: as much as lately, or more. */
function lookAt(spiky: readonly Spiky[], { looks }: Shape, fullW: Watts, now: Now): Look {
  const drawnW = sum(spiky.map((each) => each.drawnW));
  if (!spiky.some(isPressed)) return { mono: now.mono, watts: drawnW };
  return { mono: now.mono, watts: Math.max(Math.min(fullW, drawnW * MORE), ...looks.map(({ watts }) => watts)) };
}

function isPressed({ drawnW, capW }: Spiky): boolean {
  return capW !== undefined && drawnW >= capW * PRESSED;
}

/** The GPUs' caps beside what the others have been allotted, and what to remember of both. */
export function balanced(
  { spiky, others, shape, delayMs, deadMs }: Balance,
  allotted: readonly Allotted[],
  lineW: Watts,
  picture: Picture,
  before: BalanceMemory | undefined,
  now: Now,
): { readonly caps: readonly Allotted[]; readonly memory: BalanceMemory } {
  const toldW = sum(allotted.map(({ watts }) => watts));
  const told = [...(before?.told ?? []), { mono: now.mono, watts: toldW }].filter(
    ({ mono }, i, all) => mono >= now.mono - delayMs || i === all.length - 1,
  );
  // One told to rise counts as risen once its dead time is over; one told to fall until it is seen to have fallen.
  const risen = told.filter(({ mono }) => mono <= now.mono - deadMs + LEAD_MS).map(({ watts }) => watts);
  const seenW = sum(others.map((each) => seen(each, picture, now)));
  const freeW = lineW - Math.max(seenW, ...risen);
  return { caps: capped(spiky, freeW), memory: { shape, told } };
}

/** A GPU that runs as at home unless it is capped, and says what it draws. */
function spikyOf(each: Steerable, picture: Picture, now: Now): Spiky | undefined {
  const device = deviceOf(picture, each.device);
  const reading = device && freshDevice(device, now);
  const drawnW = reading?.powerW;
  const { dial, stubbornW, displaced } = each;
  if (device?.facts.kind !== 'gpu' || drawnW === undefined || dial?.unit !== 'watts') return undefined;
  if (stubbornW !== undefined || displaced) return undefined;
  return { ...each, dial, drawnW, capW: reading?.limit !== dial.max ? reading?.limit : undefined };
}

function followMs({ facts }: DeviceView): Millis {
  return dropS(facts, facts.controls['limit'] ? 'limit' : 'sleep') * 1000;
}

/** What a miner draws by its own word, which may lag; unheard, its full load. */
function seen({ device, fullW }: Steerable, picture: Picture, now: Now): Watts {
  const view = deviceOf(picture, device);
  return (view && freshDevice(view, now)?.powerW) ?? fullW;
}
