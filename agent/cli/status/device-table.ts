/** The devices of a rack as rows of a table. */
import type { DeviceStateName, DeviceStatus } from '#protocol/telemetry.ts';
import { formatWatts } from '../order/quantities.ts';
import type { Column } from '../table.ts';
import { table } from '../table.ts';
import type { Terminal, Tint } from '../terminal.ts';
import type { RackStatus } from './rack-status.ts';

const columns: Column[] = [
  { title: 'DEVICE' },
  { title: 'STATE' },
  { title: 'WANT' },
  { title: 'HOME' },
  { title: 'WATTS', align: 'right' },
  { title: 'WHY' },
];

const stateTints: Partial<Record<DeviceStateName, Tint>> = {
  unreachable: 'red',
  unauthorised: 'red',
  wrong_device: 'red',
  unknown: 'yellow',
};

/** The titles, and a line for each of `devices`. */
export function deviceTable(
  devices: readonly DeviceStatus[],
  { locked_out }: Pick<RackStatus, 'locked_out'>,
  { width, tint }: Pick<Terminal, 'width' | 'tint'>,
): string[] {
  const rows = devices.map(({ device, state, want, home, power_w, why, last_error }) => {
    const tintOf = stateTints[state];
    const words = reason(last_error ?? why, state, locked_out.includes(device));
    return [device, tintOf ? tint(tintOf, state) : state, want, home ?? '-', formatWatts(power_w), words];
  });
  return table(columns, rows, width);
}

/** A lock-out keeps asleep what sleeps; a device that is awake goes on, and whoever reaches inside must see it. */
function reason(why: string, state: DeviceStateName, isLockedOut: boolean): string {
  if (!isLockedOut || why.startsWith('locked out')) return why;
  return state === 'asleep' || state === 'unpowered' ? `locked out; ${why}` : `locked out, not asleep; ${why}`;
}
