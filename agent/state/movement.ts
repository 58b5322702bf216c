/**
 * A device on its way from one setting to another, and what that moved: the feed, and outlets. Begun by us or by anyone
 * else; told when the watts have come to rest. Pure.
 */
import type { Millis, Watts } from '#protocol/units.ts';
import type { Now, Setting } from './observation.ts';
import type { Change, DeviceView, Moved, Movement, Picture } from './picture.ts';
import { devicesOf } from './picture.ts';
import type { Point } from './series.ts';
import { feedSeries, meanW, outletChanges, outletSeries, TREND_SPAN_MS } from './series.ts';
import { controlFor, sameSetting, settingShown, shows, wattsAt } from './setting.ts';

/** Watts that count as still: this share of the change, or this many. */
const STILL_SHARE = 0.03;
const STILL_W: Watts = 30;
/** Or as still as before it moved: the others on a feed waver too. */
const NOISE_MARGIN = 1.5;
/** A change of an outlet that is more than its noise. */
const NOTABLE_W: Watts = 50;
/** A drop is over once it has been still for so long; a rise pauses on its way, as for a warm-up. */
const STILL_DOWN_MS: Millis = 6000;
const STILL_UP_MS: Millis = 30_000;
/** A rise that is still below this share of what was expected has only paused. */
const RISEN = 0.8;
/** What is not over after its control's own time and this long again is told as it is. */
const GRACE_MS: Millis = 60_000;

/** The device after a reading of it: a movement begins, goes on, or is over. `before` is how it was before that. */
export function withMovement(before: DeviceView, device: DeviceView, picture: Picture, now: Now): DeviceView {
  const begun = begins(before, device);
  const movement = begun ?? device.movement;
  if (!movement) return device;
  const moved = ended(device, movement, picture, now);
  const { movement: _over, ...rest } = device;
  return moved ? { ...rest, moved } : { ...device, movement };
}

/** By our asking, or because it runs otherwise than it was last seen to. */
function begins({ reading: seen, ...before }: DeviceView, device: DeviceView): Movement | undefined {
  const from = seen && settingShown({ ...before, reading: seen }, seen);
  const { asked, movement, moved } = device;
  if (!from || !seen) return undefined;
  const saidW = seen.powerW !== undefined && { saidW: seen.powerW };
  const latest = Math.max(movement?.begunAt.mono ?? 0, moved?.begunAt.mono ?? 0);
  if (asked && asked.firstAt.mono > latest && seen.at.mono <= asked.firstAt.mono) {
    if (sameSetting(from, asked.setting)) return undefined;
    return { from, to: asked.setting, begunAt: asked.firstAt, ours: true, ...saidW };
  }
  const to = device.reading && settingShown(device, device.reading);
  if (!to || sameSetting(from, to) || (movement && sameSetting(movement.to, to))) return undefined;
  return { from, to, begunAt: seen.at, ours: false, ...saidW };
}

function ended(device: DeviceView, movement: Movement, picture: Picture, now: Now): Moved | undefined {
  const { from, to, begunAt } = movement;
  const shown = shows(device, to);
  const outlets = changeOf(outletSeries(picture, device, begunAt), begunAt);
  const feed = isAlone(device, movement, picture) ? changeOf(feedSeries(picture, device, begunAt), begunAt) : undefined;
  // Outlets that stand still while the feed moves are not those that feed it.
  const seen = outlets && (!feed || changes(outlets)) ? outlets : feed;
  const expectedW = wattsAt(device, to) - wattsAt(device, from);
  const isOver = seen ? shown && hasSettled(seen, expectedW, now) : shown && now.mono - begunAt.mono > STILL_UP_MS;
  if (!isOver && now.mono - begunAt.mono < longestMs(device, to)) return undefined;
  const after =
    movement.ours && device.asked?.at === device.asked?.firstAt && seen ? timesOf(seen, begunAt) : undefined;
  return {
    ...movement,
    endedAt: now,
    shown,
    ...(feed && { feed: { beforeW: feed.beforeW, afterW: feed.afterW } }),
    ...(outlets && { outlets: { beforeW: outlets.beforeW, afterW: outlets.afterW } }),
    byOutlet: notable(outletChanges(picture, begunAt)),
    ...(after && { after }),
  };
}

/** Whether nothing else that the rack knows of has moved since it began. */
function isAlone({ facts }: DeviceView, { begunAt }: Movement, picture: Picture): boolean {
  return devicesOf(picture).every((other) => {
    if (other.facts.id === facts.id) return true;
    const { asked, movement, moved } = other;
    return !movement && (moved?.endedAt.mono ?? 0) < begunAt.mono && (asked?.at.mono ?? 0) < begunAt.mono;
  });
}

/** `noiseW` is how far it wavered before. */
type Seen = Change & { readonly since: readonly Point[]; readonly noiseW: Watts };

function changeOf(series: readonly Point[], { mono }: Now): Seen | undefined {
  const before = series.filter((point) => point.mono <= mono);
  const beforeW = meanW(before);
  const since = series.filter((point) => point.mono > mono);
  const last = since.at(-1);
  const afterW = last && meanW(since.filter((point) => last.mono - point.mono <= STILL_DOWN_MS));
  if (beforeW === undefined || afterW === undefined) return undefined;
  return { beforeW, afterW, since, noiseW: spreadW(before) };
}

function hasSettled({ beforeW, afterW, since, noiseW }: Seen, expectedW: Watts, now: Now): boolean {
  const changeW = afterW - beforeW;
  if (expectedW > 0 && changeW < RISEN * expectedW) return false;
  const stillMs = expectedW > 0 ? STILL_UP_MS : STILL_DOWN_MS;
  const first = since[0];
  if (!first || now.mono - first.mono < stillMs) return false;
  const last = since.filter(({ mono }) => now.mono - mono <= stillMs);
  return spreadW(last) <= Math.max(STILL_SHARE * Math.abs(changeW), STILL_W, NOISE_MARGIN * noiseW);
}

function spreadW(points: readonly Point[]): Watts {
  const watts = points.map((point) => point.watts);
  return Math.max(...watts) - Math.min(...watts);
}

function timesOf({ beforeW, afterW, since }: Seen, { mono }: Now): Moved['after'] {
  const reached = (share: number) => {
    const changeW = afterW - beforeW;
    const at = since.find(({ watts }) => (watts - beforeW) / changeW >= share)?.mono;
    return at === undefined ? Number.NaN : (at - mono) / 1000;
  };
  const times = { tenth: reached(0.1), ninety: reached(0.9), ninetyFive: reached(0.95) };
  return Object.values(times).some(Number.isNaN) ? undefined : times;
}

/** Never longer than what was drawn before it began is remembered. */
function longestMs({ facts }: DeviceView, to: Setting): Millis {
  const control = facts.controls[controlFor(to)];
  return Math.min((control?.settle_ms ?? 0) * 1.5 + GRACE_MS, TREND_SPAN_MS - 2 * GRACE_MS);
}

function changes({ beforeW, afterW }: Change): boolean {
  return Math.abs(afterW - beforeW) >= NOTABLE_W;
}

function notable(all: Readonly<Record<string, Change>>): Moved['byOutlet'] {
  return Object.fromEntries(Object.entries(all).filter(([, change]) => changes(change)));
}
