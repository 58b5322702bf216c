/** What the keys of `top` do: by what devices are sorted, and which is the first on the screen. Pure. */
import type { DeviceStateName, DeviceStatus } from '#protocol/telemetry.ts';

export const orders = { n: 'name', w: 'watts', s: 'state' } as const;
export type SortKey = keyof typeof orders;

export type Looks = {
  readonly sort: SortKey;
  /** How many devices have been scrolled past. */
  readonly from: number;
};

export const firstLooks: Looks = { sort: 'n', from: 0 };

const PAGE = 10;

export function steered({ sort, from }: Looks, key: string, devices: number): Looks {
  const to = (wanted: number) => ({ sort, from: Math.max(0, Math.min(wanted, devices - 1)) });
  switch (key) {
    case 'n':
    case 'w':
    case 's':
      return { sort: key, from: 0 };
    case 'down':
    case 'j':
      return to(from + 1);
    case 'up':
    case 'k':
      return to(from - 1);
    case 'pagedown':
    case 'space':
      return to(from + PAGE);
    case 'pageup':
      return to(from - PAGE);
    case 'home':
      return to(0);
    default:
      return { sort, from };
  }
}

/** What a person must see to first. */
const urgency: readonly DeviceStateName[] = [
  'wrong_device',
  'unauthorised',
  'unreachable',
  'unknown',
  'unpowered',
  'asleep',
  'limited',
  'awake',
];

/** `devices` come in the order of their names. */
export function sorted(devices: readonly DeviceStatus[], sort: SortKey): DeviceStatus[] {
  switch (sort) {
    case 'n':
      return [...devices];
    case 'w':
      return devices.toSorted((a, b) => (b.power_w ?? -1) - (a.power_w ?? -1));
    case 's':
      return devices.toSorted((a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state));
  }
}
