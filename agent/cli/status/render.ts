/** A rack's status on a terminal of 80 columns. */
import type {
  Alarm,
  AppliedOrder,
  DeviceStateName,
  DeviceStatus,
  Power,
  RackMode,
  Thermal,
} from '#protocol/telemetry.ts';
import { epochMs } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';
import { formatWatts } from '../order/quantities.ts';
import { timeOfDay } from '../order/tell.ts';
import type { Column } from '../table.ts';
import { cut, table } from '../table.ts';
import type { Terminal, Tint } from '../terminal.ts';
import type { RackStatus } from './rack-status.ts';

type Screen = Pick<Terminal, 'width' | 'tint'>;

/** @param nowMs milliseconds since the epoch, to tell how old figures are. */
export function formatStatus(status: RackStatus, nowMs: Millis, screen: Screen): string {
  const { alarms, applied, devices, power, thermal } = status;
  return [
    headline(status, screen),
    power ? powerLine(power, nowMs, screen) : 'power    not known yet',
    ...(thermal?.sensors.length ? [thermalLine(thermal)] : []),
    ...section('orders in force', (applied?.orders ?? []).map(orderLine), screen),
    ...section(
      'alarms',
      alarms.map((alarm) => alarmLine(alarm, screen)),
      screen,
    ),
    ...deviceTable(devices, screen),
  ]
    .map((line) => cut(line, screen.width))
    .join('\n');
}

/** Only what the rack has sensors for. */
function thermalLine({ sensors }: Thermal): string {
  const told = sensors.map(
    ({ sensor, temperature_c }) => `${sensor} ${temperature_c === null ? 'silent' : `${temperature_c} °C`}`,
  );
  return `thermal  ${told.join(', ')}`;
}

const modeTints: Record<RackMode, Tint> = {
  normal: 'green',
  curtailed: 'yellow',
  observing: 'yellow',
  safe: 'red',
  manual: 'yellow',
};

const stateTints: Partial<Record<DeviceStateName, Tint>> = {
  unreachable: 'red',
  unauthorised: 'red',
  wrong_device: 'red',
  unknown: 'yellow',
};

function headline({ rack: id, brokers, state }: RackStatus, { tint }: Screen): string {
  const rack = tint('bold', `rack ${id}`);
  if (!state) return `${rack}  has said nothing yet`;
  const away = brokers.filter(({ online }) => !online).map(({ url }) => url);
  const broker = away.length === 0 ? 'broker connected' : tint('red', `not connected to ${away.join(', ')}`);
  return `${rack}  ${tint(modeTints[state.mode], state.mode)}  ${broker}  version ${state.version}`;
}

const sourceWords = {
  metered: 'metered',
  outlets: 'estimated from outlets',
  devices: 'estimated from devices',
  estimate: 'estimated at most',
} as const satisfies Record<NonNullable<Power['power_from']>, string>;

function powerLine(
  { at, valid_s, power_w, power_from, line_w, headroom_w, age_ms }: Power,
  nowMs: Millis,
  { tint }: Screen,
) {
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

function orderLine({ issuer, program, event, phase, level_w, until, short }: AppliedOrder): string {
  const missing = short.length > 0 ? `; short: ${short.join(', ')}` : '';
  return `${event} (${issuer}/${program})  ${phase}, level ${formatWatts(level_w)}, until ${timeOfDay(until)}${missing}`;
}

function alarmLine({ alarm, severity, since, message }: Alarm, { tint }: Screen): string {
  return `${tint(severity === 'critical' ? 'red' : 'yellow', alarm)}  since ${since}  ${message}`;
}

function section(title: string, lines: readonly string[], { tint }: Screen): string[] {
  return ['', tint('bold', title), ...(lines.length > 0 ? lines : ['none']).map((line) => `  ${line}`)];
}

const columns: Column[] = [
  { title: 'DEVICE' },
  { title: 'STATE' },
  { title: 'WANT' },
  { title: 'HOME' },
  { title: 'WATTS', align: 'right' },
  { title: 'WHY' },
];

function deviceTable(devices: readonly DeviceStatus[], { width, tint }: Screen): string[] {
  const rows = devices.map(({ device, state, want, home, power_w, why, last_error }) => {
    const tintOf = stateTints[state];
    return [device, tintOf ? tint(tintOf, state) : state, want, home ?? '-', formatWatts(power_w), last_error ?? why];
  });
  return ['', ...table(columns, rows, width)];
}
