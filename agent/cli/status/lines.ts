/** What a rack says, a line each: for `status`, and for `top`, which shows them again and again. */
import type { Alarm, AppliedOrder, Power, RackMode, Thermal } from '#protocol/telemetry.ts';
import { epochMs, timestampOf } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';
import { formatWatts } from '../order/quantities.ts';
import { dayAndTime, timeOfDay } from '../order/tell.ts';
import type { Terminal, Tint } from '../terminal.ts';
import type { RackStatus } from './rack-status.ts';

type Colours = Pick<Terminal, 'tint'>;

const modeTints: Record<RackMode, Tint> = {
  normal: 'green',
  curtailed: 'yellow',
  observing: 'yellow',
  safe: 'red',
  manual: 'yellow',
};

export function headline(status: RackStatus, { tint }: Colours): string {
  const { brokers, state } = status;
  const rack = tint('bold', `rack ${status.rack}`);
  if (!state) return `${rack}  has said nothing yet`;
  const away = brokers.filter(({ online }) => !online).map(({ url }) => url);
  const broker = away.length === 0 ? 'broker connected' : tint('red', `not connected to ${away.join(', ')}`);
  return [rack, ...modeWords(status, { tint }), broker, `version ${state.version}`].join('  ');
}

/** The mode, and what people at the rack do with it. */
export function modeWords({ state, trying, manual_until }: RackStatus, { tint }: Colours): string[] {
  return [
    ...(state ? [tint(modeTints[state.mode], state.mode)] : []),
    ...(state?.mode === 'manual' && manual_until !== null
      ? [tint('yellow', `until ${timeOfDay(timestampOf(manual_until))}`)]
      : []),
    ...(trying === null ? [] : [tint('yellow', `commissioning ${trying}`.trimEnd())]),
  ];
}

const sourceWords = {
  metered: 'metered',
  outlets: 'estimated from outlets',
  devices: 'estimated from devices',
  estimate: 'estimated at most',
} as const satisfies Record<NonNullable<Power['power_from']>, string>;

/** @param nowMs milliseconds since the epoch, to tell how old figures are. */
export function powerLine(power: Power | undefined, nowMs: Millis, { tint }: Colours): string {
  if (!power) return 'power    not known yet';
  const { at, valid_s, power_w, power_from, line_w, headroom_w, age_ms } = power;
  const ageS = (nowMs - epochMs(at) + (age_ms ?? 0)) / 1000;
  const source = power_from === null ? '' : sourceWords[power_from];
  const measured = power_w === null ? 'not known' : `${formatWatts(power_w)} ${source}, ${ageS.toFixed(1)} s old`;
  const age = ageS > valid_s ? tint('yellow', `${measured}: stale`) : measured;
  if (line_w === null) return `power    ${age}; no line`;
  const line = `power    ${age}; line ${formatWatts(line_w)}`;
  if (headroom_w === null) return line;
  const over = tint('red', `${formatWatts(-headroom_w)} over`);
  return `${line}, ${headroom_w < 0 ? over : `${formatWatts(headroom_w)} below`}`;
}

/** Only what the rack has sensors for. */
export function thermalLines(thermal: Thermal | undefined): string[] {
  const told = (thermal?.sensors ?? []).map(
    ({ sensor, temperature_c }) => `${sensor} ${temperature_c === null ? 'silent' : `${temperature_c} °C`}`,
  );
  return told.length === 0 ? [] : [`thermal  ${told.join(', ')}`];
}

export function orderLine(
  { issuer, program, event, phase, level_w, until, short }: AppliedOrder,
  nowMs: Millis,
): string {
  const missing = short.length > 0 ? `; short: ${short.join(', ')}` : '';
  return `${event} (${issuer}/${program})  ${phase}, ${formatWatts(level_w)} until ${dayAndTime(until, timestampOf(nowMs))}${missing}`;
}

export function alarmLine({ alarm, severity, since, message }: Alarm, { tint }: Colours): string {
  return `${tint(severity === 'critical' ? 'red' : 'yellow', alarm)}  since ${since.slice(0, MINUTES)}Z  ${message}`;
}

/** Of `2026-11-21T21:00:00.000Z`: a day matters for what has stood for long, seconds do not. */
const MINUTES = '2026-11-21T21:00'.length;
