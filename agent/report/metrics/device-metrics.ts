/** Of each device a few series, and how many are in which state. */
import type { DeviceStatus } from '#protocol/telemetry.ts';
import { deviceStates } from '#protocol/telemetry.ts';
import type { Family } from './exposition.ts';
import { each, gauge, times } from './family.ts';

const HASHES_PER_TERAHASH = 1e12;

export function deviceMetrics(devices: readonly DeviceStatus[], lockedOut: readonly string[]): Family[] {
  const of = (value: (device: DeviceStatus) => number | boolean | null | undefined) =>
    each(devices, ({ device }) => ({ device }), value);
  const inState = each(
    deviceStates,
    (state) => ({ state }),
    (state) => devices.filter((device) => device.state === state).length,
  );
  return [
    gauge('devices', 'Devices in each state.', inState),
    gauge('devices_locked_out', 'Devices with hands inside: nobody wakes them.', lockedOut.length),
    gauge('device_reachable', 'Whether the device answers, and is the one it should be.', of(isReachable)),
    gauge(
      'device_power_watts',
      'What the device says that it draws.',
      of(({ power_w }) => power_w),
    ),
    gauge(
      'device_rated_watts',
      'Watts at full load, by the nameplate.',
      of(({ rated_w }) => rated_w),
    ),
    gauge(
      'device_hashes_per_second',
      'What a miner says that it computes.',
      of(({ hashrate_ths }) => times(HASHES_PER_TERAHASH, hashrate_ths)),
    ),
    gauge(
      'device_chip_celsius',
      'Its hottest chip.',
      of(({ chip_max_c }) => chip_max_c),
    ),
    gauge(
      'device_utilization_ratio',
      'How busy a GPU is, 0 to 1.',
      of(({ gpu }) => times(1 / 100, gpu?.utilisation_pct)),
    ),
    gauge(
      'device_faults',
      'Faults that the device tells of.',
      of(({ faults }) => faults.length),
    ),
  ];
}

function isReachable({ state }: DeviceStatus): boolean | undefined {
  switch (state) {
    case 'awake':
    case 'limited':
    case 'asleep':
      return true;
    case 'unreachable':
    case 'unauthorised':
    case 'wrong_device':
      return false;
    // Nothing is expected of one without power, or not heard yet.
    case 'unpowered':
    case 'unknown':
      return undefined;
  }
}
