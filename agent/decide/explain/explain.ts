/**
 * Why the rack, or one device of it, is set as it is: the chain from the orders to the setting, in plain words. It tells
 * what the plan and the memory hold and decides nothing by itself.
 */
import type { Policy } from '#agent/config/policy.ts';
import { isManual } from '#agent/state/picture.ts';
import { mayAct } from '../commission/released.ts';
import { eventKey } from '../demand/compose.ts';
import type { Memory, Track } from '../plan.ts';
import { bayLinks } from './bays.ts';
import { deviceLinks, groupLines } from './device.ts';
import type { Explained, Link } from './link.ts';
import { clockTime, watts } from './link.ts';

/** Of the whole rack, or down to one device; undefined when there is no such device. */
export function explain(of: Explained, device?: string): Link[] | undefined {
  const bound = [orders(of), level(of), ...reserve(of), line(of)];
  const rack = [...bound, ...safety(of), ...market(of), ...guard(of), ...bayLinks(of, device)];
  if (device === undefined) return [...rack, { about: 'devices', says: groupLines(of) }, release(of)];
  const links = deviceLinks(of, device);
  return links && [...rack, ...links, release(of)];
}

function orders({ picture, policy, memory, now }: Explained): Link {
  const binding = memory.tracks.filter(({ done }) => !done);
  const says = binding.map((track) => orderSentence(track, memory));
  if (!mayAct(picture, policy)) says.push('the rack is not commissioned: it only observes and obeys nobody');
  if (!picture.ordersKnown) says.push('not all that the broker retains has come yet: nothing is raised until then');
  if (isManual(picture, now)) {
    says.push(`a person runs the rack until ${clockTime(picture.local.manualUntil ?? now.wall)}: nothing is touched`);
  }
  return { about: 'orders', says: says.length > 0 ? says : ['none'] };
}

function orderSentence(track: Track, { baselines }: Memory): string {
  const { program, issuer, event, phase, levelW, until, reached } = track;
  const since = reached[phase];
  const baseline = baselines[eventKey(track)];
  return [
    `${program} of ${issuer}, event ${event}: ${phase}`,
    since === undefined ? '' : ` since ${clockTime(since)}`,
    levelW === undefined ? '' : `, at ${watts(levelW)}`,
    `, until ${clockTime(until)}`,
    baseline && levelW !== undefined ? `; the rack drew ${watts(baseline.watts)} before (${baseline.method})` : '',
  ].join('');
}

/** Who sets it, who else asks and is outdone, and by how much it cannot be met. */
function level({ plan: { levelW, why, asked, shortByW } }: Explained): Link {
  if (levelW === undefined) return { about: 'level', says: [why] };
  const others = asked.filter((each) => each !== why).map((each) => `beside it ${each}`);
  const short = `that cannot be met: ${watts(shortByW)} too much is left when all are cut that may be`;
  return { about: 'level', says: [`${watts(levelW)}, by ${why}`, ...others, ...(shortByW >= 1 ? [short] : [])] };
}

/** What is cut beyond the level, since some are known to fail. */
function reserve({ plan, memory, policy }: Explained): Link[] {
  const spareW = plan.levelW === undefined ? 0 : (memory.reserve?.watts ?? 0);
  if (spareW < 1) return [];
  const says = `${watts(spareW)} more are cut, so that it is met with ${policy.confidence * 100} % confidence`;
  return [{ about: 'reserve', says: [says] }];
}

/** What local safety takes, whoever asks for it. */
function safety({ plan }: Explained): Link[] {
  return plan.safety.length === 0 ? [] : [{ about: 'safety', says: plan.safety }];
}

function line({ plan, memory, policy, now }: Explained): Link {
  const { lineW, levelW } = plan;
  const { line: own } = memory;
  if (lineW === undefined || !own) return { about: 'line', says: ['none: every device may run as it does at home'] };
  if (own.hold) {
    const wait = `${Math.ceil((own.hold.until - now.mono) / 1000)} s of the ${policy.limits.restore_window_s} s`;
    return { about: 'line', says: [`${watts(lineW)}: this rack rises in ${wait} over which racks come back`] };
  }
  if (lineW === levelW) return { about: 'line', says: [`${watts(lineW)}: it has reached the level`] };
  const to = levelW === undefined ? 'home' : watts(levelW);
  const rate = (levelW ?? Number.POSITIVE_INFINITY) < lineW ? policy.limits.step_down_w_per_s : upRate(own, policy);
  const pace = rate === undefined ? '' : `, ${watts(rate)} a second at the most`;
  return { about: 'line', says: [`${watts(lineW)}, on its way to ${to}${pace}`] };
}

function upRate(line: NonNullable<Memory['line']>, { limits }: Policy): number | undefined {
  const rates = [line.upWPerS, limits.step_up_w_per_s].filter((rate) => rate !== undefined);
  return rates.length > 0 ? Math.min(...rates) : undefined;
}

function market({ plan }: Explained): Link[] {
  return plan.market ? [{ about: 'prices', says: [`of ${plan.market.issuer}: ${plan.market.says}`] }] : [];
}

function guard({ plan }: Explained): Link[] {
  return plan.noRaise === undefined ? [] : [{ about: 'held', says: [plan.noRaise] }];
}

/** What would end it. */
function release({ memory, policy, plan }: Explained): Link {
  const says = memory.tracks
    .filter(({ done, phase }) => !done && phase !== 'scheduled' && phase !== 'ended')
    .map(({ program, issuer, until }) => `${program} of ${issuer} ends at ${clockTime(until)}, or when it is released`);
  if (says.length === 0) {
    return { about: 'released', says: [plan.lineW === undefined ? 'nothing holds it' : 'it is on its way home'] };
  }
  const window = policy.limits.restore_window_s;
  return { about: 'released', says: [...says, `then this rack waits its own share of ${window} s, and rises`] };
}
