/** What an agent answers to `status`: two devices, one of them out of reach, an order that holds, and alarms. */
import type { StatusAnswer } from '#agent/cli/status/rack-status.ts';

export const AT = '2026-11-21T21:00:00.000Z';
const head = { v: 1, at: AT };
const signature = { alg: 'Ed25519', kid: 'r07', value: 'A'.repeat(86) };

export const power = {
  ...head,
  valid_s: 3,
  power_w: 5870,
  power_from: 'metered',
  age_ms: 400,
  line_w: 6000,
  headroom_w: 130,
  devices_w: 5700,
  outlets_w: null,
  voltage_v: 229.8,
  frequency_hz: 59.98,
  frequency_age_ms: 400,
  frequency_resolution_hz: 0.01,
  energy_import_wh: null,
  energy_export_wh: null,
  pdus: [],
};
export const device = {
  ...head,
  device: 'm01',
  state: 'limited',
  since: AT,
  want: 'limit 70 %',
  why: 'ecrs-a (qse-north/ecrs) wants at most 6000 W',
  home: 'awake',
  power_w: 2380,
  protected: false,
  power_age_ms: 900,
  rated_w: 3400,
  outlets_w: null,
  outlets: [],
  limit: 70,
  asked_at: AT,
  acknowledged_at: AT,
  hashrate_ths: null,
  efficiency_j_per_th: null,
  chip_max_c: null,
  faults: [],
  last_error: null,
};
export const topics = {
  state: { ...head, status: 'online', mode: 'curtailed', version: '0.1.0', instance: 'x', boot: 3, connection: 7 },
  power,
  applied: {
    ...head,
    rack: 'r07',
    line_w: 6000,
    power_w: 5870,
    orders_in_force: 1,
    orders: [
      {
        order: 'o1',
        event: 'ecrs-a',
        issuer: 'qse-north',
        program: 'ecrs',
        phase: 'holding',
        level_w: 6000,
        until: '2026-11-21T22:00:00Z',
        baseline_w: null,
        baseline_method: null,
        reached: {},
        short: [],
      },
    ],
    homes: {},
    moved: [],
    signature,
  },
  'device/m10': { ...device, device: 'm10', state: 'unreachable', power_w: null, last_error: 'it does not answer' },
  'device/m2': { ...device, device: 'm2' },
  'alarm/meter-stale': { ...head, alarm: 'meter-stale', since: AT, severity: 'warning', message: 'no reading for 5 s' },
  'alarm/long': {
    ...head,
    alarm: 'long',
    since: AT,
    severity: 'critical',
    message: `its words go on ${'and on '.repeat(10)}to the end`,
  },
};

/** With `change` of what is told beside the topics. */
export function toldBy(
  said: Record<string, unknown>,
  change: Partial<Omit<StatusAnswer, 'topics' | 'more'>> = {},
): Omit<StatusAnswer, 'more'> {
  return {
    rack: 'r07',
    brokers: [{ url: 'mqtt://broker', online: true, age_ms: 300 }],
    locked_out: [],
    manual_until: null,
    trying: null,
    topics: said,
    ...change,
  };
}
