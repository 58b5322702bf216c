/**
 * What a rack says of itself, for Prometheus. There are as many series as the config has devices, instruments, brokers
 * and issuers, times a fixed few: nothing that arrives from outside ever becomes a label.
 */
import type { Board } from '#protocol/board.ts';
import type { Phase, RefusalCode } from '#protocol/lifecycle.ts';
import { phases, refusalCodes } from '#protocol/lifecycle.ts';
import { powerSource, rackModes } from '#protocol/telemetry.ts';
import { epochMs } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';
import { deviceMetrics } from './device-metrics.ts';
import type { Family } from './exposition.ts';
import { counted, counter, each, gauge, oneOf, times } from './family.ts';
import { healthMetrics } from './health-metrics.ts';

export type Seen = {
  readonly board: Board;
  readonly brokers: readonly { readonly url: string; readonly online: boolean; readonly ageMs?: Millis }[];
  readonly lockedOut: readonly string[];
  readonly phases: ReadonlyMap<Phase, number>;
  readonly refusals: ReadonlyMap<RefusalCode, number>;
  /** Now, wall time: what is no longer valid by its own word is left out. */
  readonly wall: Millis;
};

export function rackMetrics(seen: Seen): Family[] {
  const { state, alarms } = seen.board;
  const severities = ['warning', 'critical'] as const;
  const version = state && [{ labels: { version: state.version }, value: 1 }];
  return [
    gauge('build_info', 'The version of the agent.', version),
    gauge('mode', 'What the rack does: 1 for the mode it is in.', oneOf('mode', rackModes, state?.mode)),
    ...powerMetrics(seen),
    ...thermalMetrics(seen),
    ...orderMetrics(seen),
    gauge(
      'broker_connected',
      'Whether the session to the broker stands.',
      each(seen.brokers, brokerLabel, ({ online }) => online),
    ),
    gauge(
      'broker_age_seconds',
      'Time since anything came from the broker.',
      each(seen.brokers, brokerLabel, ({ ageMs }) => times(1 / 1000, ageMs)),
    ),
    gauge(
      'alarms',
      'Standing alarms; ballast status on the rack names them.',
      each(
        severities,
        (severity) => ({ severity }),
        (severity) => alarms.filter((alarm) => alarm.severity === severity).length,
      ),
    ),
    ...deviceMetrics(seen.board.devices, seen.lockedOut),
    ...healthMetrics(valid(seen.board.health, seen.wall), valid(seen.board.workload, seen.wall)),
  ];
}

/** A payload says nothing about now once its time is over. */
function valid<T extends { at: string; valid_s: number }>(said: T | undefined, wall: Millis): T | undefined {
  return said && wall <= epochMs(said.at) + said.valid_s * 1000 ? said : undefined;
}

function powerMetrics({ board, wall }: Seen): Family[] {
  const power = valid(board.power, wall);
  const sources = power && oneOf('source', powerSource.options, power.power_from);
  const ageMs = power?.age_ms === null || !power ? undefined : power.age_ms + wall - epochMs(power.at);
  return [
    gauge('power_watts', 'What the rack draws, by the best there is to tell.', power?.power_w),
    gauge('power_source', 'Where power_watts is from: 1 for the one that tells.', sources),
    gauge('power_age_seconds', 'Age of the oldest reading in power_watts.', times(1 / 1000, ageMs)),
    gauge('line_watts', 'The lowest ceiling that binds the rack; absent when none does.', power?.line_w),
    gauge('devices_power_watts', 'Sum of what the devices themselves report.', power?.devices_w),
    gauge('outlets_power_watts', 'Sum over the outlets that feed devices.', power?.outlets_w),
    gauge('voltage_volts', 'Phase to neutral, the lowest of three phases.', power?.voltage_v),
    gauge('frequency_hertz', 'Grid frequency as the feed meter shows it.', power?.frequency_hz),
    counter(
      'energy_import_joules',
      'Energy drawn, as the feed meter counts it.',
      times(JOULES_PER_WH, power?.energy_import_wh),
    ),
    counter(
      'energy_export_joules',
      'Energy given back, as the feed meter counts it.',
      times(JOULES_PER_WH, power?.energy_export_wh),
    ),
    gauge('rated_watts', 'Sum of the nameplates of all steerable devices.', board.info?.rated_w),
    gauge('offer_down_watts', 'What an order could take away now.', board.info?.down_w),
    gauge('offer_up_watts', 'What is cut and could come back.', board.info?.up_w),
  ];
}

const JOULES_PER_WH = 3600;

function thermalMetrics({ board, wall }: Seen): Family[] {
  const thermal = valid(board.thermal, wall);
  const places = ['inlet', 'outlet', 'coolant', 'coolant_in', 'coolant_out'] as const;
  return [
    gauge(
      'temperature_celsius',
      'The warmest reading of each place.',
      each(
        places,
        (place) => ({ place }),
        (place) => thermal?.[`${place}_c`],
      ),
    ),
    gauge('humidity_ratio', 'Relative humidity of the air, 0 to 1.', times(1 / 100, thermal?.humidity_pct)),
    gauge('coolant_flow_liters_per_second', 'The least flow of all sensors.', times(1 / 60, thermal?.flow_lpm)),
    gauge('coolant_pressure_pascals', 'Of the coolant that goes in.', times(1000, thermal?.pressure_kpa)),
    gauge('leak', '1 once any sensor is wet.', thermal?.leak),
  ];
}

/** Orders of one issuer and program on several topics count as one: the lowest level, and the last end. */
function orderMetrics({ board, phases: steps, refusals }: Seen): Family[] {
  const orders = board.applied?.orders ?? [];
  const contracts = Map.groupBy(orders, ({ issuer, program }) => `${issuer}/${program}`).values();
  const all = [...contracts].map((group) => ({
    issuer: group[0]?.issuer ?? '',
    program: group[0]?.program ?? '',
    levels: group.flatMap(({ level_w }) => (level_w === null ? [] : [level_w])),
    untilS: Math.max(...group.map(({ until }) => epochMs(until) / 1000)),
  }));
  const label = ({ issuer, program }: (typeof all)[number]) => ({ issuer, program });
  return [
    gauge('orders_in_force', 'Orders that bind the rack or will.', board.applied?.orders_in_force),
    gauge(
      'order_level_watts',
      'The level that an order asks for; absent when it asks for none.',
      each(all, label, ({ levels }) => (levels.length > 0 ? Math.min(...levels) : undefined)),
    ),
    gauge(
      'order_end_timestamp_seconds',
      'When the order ends, by the clock of its issuer.',
      each(all, label, ({ untilS }) => untilS),
    ),
    gauge(
      'devices_short',
      'Devices that are not where an order wants them.',
      board.applied && new Set(orders.flatMap(({ short }) => short)).size,
    ),
    counter('order_steps', 'Steps that orders have gone through.', counted('phase', phases, steps)),
    counter('order_refusals', 'Messages that were refused, by the reason.', counted('code', refusalCodes, refusals)),
  ];
}

/** Never the whole URL: it may name a user. */
function brokerLabel({ url }: Seen['brokers'][number]): { broker: string } {
  const { protocol, host, pathname } = new URL(url);
  return { broker: `${protocol}//${host}${pathname}` };
}
