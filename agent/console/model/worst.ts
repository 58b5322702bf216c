/** The racks that a person should look at first, each with all its reasons, the gravest first. */
import type { Millis } from '#protocol/units.ts';
import type { Rack, Site, Standing } from './site.ts';
import { byName, isFresh, isOffline, silentMs } from './site.ts';
import { whyShort } from './standing.ts';
import { sum } from './sum.ts';
import { isOver } from './totals.ts';
import { age, kilowatts, withUnit } from './words.ts';

/** Grave: somebody should act now. Then: something is not as ordered. Then: good to know. */
export type Gravity = 'bad' | 'warn' | 'note';
export type Reason = {
  readonly gravity: Gravity;
  readonly weight: number;
  readonly says: string;
  /** What became of the last order, rather than of the rack. */
  readonly ofOrder?: true;
};
export type Worry = { readonly rack: Rack; readonly reasons: readonly Reason[] };

/** Inlet air above this is worth a look in any hall; what a rack does about it is its policy's. */
const WARM_C = 35;
/** Of the line: one second's watts scatter by a few percent around what a meter's mean holds. */
const SLIGHT = 1.05;

export function worries({ racks }: Site, nowMs: Millis): Worry[] {
  return [...racks.values()]
    .map((rack) => ({ rack, reasons: reasonsOf(rack, nowMs) }))
    .filter(({ reasons }) => reasons.some(({ gravity }) => gravity !== 'note'))
    .sort((a, b) => weight(b) - weight(a) || byName(a.rack.id, b.rack.id));
}

/** The gravest decides; the others only between equals. */
function weight({ reasons }: Worry): number {
  return (reasons[0]?.weight ?? 0) + sum(reasons.slice(1), (each) => each.weight) / 1000;
}

export function reasonsOf(rack: Rack, nowMs: Millis): Reason[] {
  const found = [...heat(rack, nowMs), ...alarms(rack), ...cut(rack, nowMs), ...contact(rack, nowMs), ...mode(rack)];
  return found.sort((a, b) => b.weight - a.weight);
}

function heat({ thermal, thermalUntilMs, alarms: told }: Rack, nowMs: Millis): Reason[] {
  if (!thermal || thermalUntilMs <= nowMs) return [];
  const { inlet_c } = thermal;
  // Its alarm says more, where there is one.
  const leak = thermal.leak === true && ![...told.keys()].some((name) => name.includes('leak'));
  const warm = inlet_c !== null && inlet_c > WARM_C;
  return [
    ...(leak ? [bad(1000, 'leak')] : []),
    ...(warm ? [warn(400 + inlet_c, `inlet ${withUnit(inlet_c, '°C', 1)}`)] : []),
  ];
}

function alarms({ alarms: all }: Rack): Reason[] {
  return [...all.values()].map(({ alarm, severity, message }) =>
    severity === 'critical' ? bad(900, `${alarm}: ${message}`) : warn(150, `${alarm}: ${message}`),
  );
}

function cut(rack: Rack, nowMs: Millis): Reason[] {
  const { power, standings } = rack;
  const reasons: Reason[] = [];
  const last = [...standings.values()].at(-1);
  const late = last?.phase === 'partial';
  if (late) reasons.push(ofOrder(bad(700, `partial: ${whyShort(last)}`)));
  if (last?.phase === 'refused') reasons.push(ofOrder(warn(300, `refused: ${last.refusal?.why ?? ''}`)));
  if (isFresh(rack, nowMs) && isOver(rack) && power?.line_w != null && power.power_w !== null) {
    const overW = power.power_w - power.line_w;
    const says = `${kilowatts(overW)} over the line`;
    const slight = power.power_w <= SLIGHT * power.line_w || isOnItsWay(last);
    if (late) reasons.push(bad(710 + overW / 1e6, says));
    else reasons.push(slight ? note(20, says) : warn(200 + overW / 1e6, says));
  }
  return reasons;
}

/** Down to its level: being over it is a failure only at the deadline, when it says `partial`. */
function isOnItsWay(standing: Standing | undefined): boolean {
  return ['accepted', 'acting', 'acknowledged', 'confirmed'].includes(standing?.phase ?? '');
}

function contact(rack: Rack, nowMs: Millis): Reason[] {
  if (isOffline(rack)) return [warn(450, 'offline')];
  if (isFresh(rack, nowMs)) {
    return rack.power?.power_from === 'metered' ? [] : [note(100, 'not metered')];
  }
  const forMs = silentMs(rack, nowMs);
  return [bad(500, forMs === undefined ? 'silent' : `silent for ${age(forMs)}`)];
}

function mode({ state }: Rack): Reason[] {
  switch (state?.mode) {
    case 'safe':
      return [bad(600, 'mode safe: raises nothing')];
    case 'manual':
      return [warn(100, 'run by hand')];
    case 'observing':
      return [note(50, 'only observes')];
    default:
      return [];
  }
}

function ofOrder(reason: Reason): Reason {
  return { ...reason, ofOrder: true };
}

function bad(weight: number, says: string): Reason {
  return { gravity: 'bad', weight, says };
}

function warn(weight: number, says: string): Reason {
  return { gravity: 'warn', weight, says };
}

function note(weight: number, says: string): Reason {
  return { gravity: 'note', weight, says };
}
