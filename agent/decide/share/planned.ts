/** What was allotted, as a setting for every device with its reason, and whether it may be touched for that. */
import type { Some } from '#agent/state/devices.ts';
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { deviceOf } from '#agent/state/picture.ts';
import { sameSetting } from '#agent/state/setting.ts';
import type { Millis } from '#protocol/units.ts';
import type { Envelope } from '../demand/compose.ts';
import type { PlannedDevice } from '../plan.ts';
import type { Allotted, Steerable } from './allocate.ts';
import type { LeftAlone } from './roster.ts';
import { awaitsIdentity } from './roster.ts';
import type { Sharing } from './share.ts';

export type Shared = {
  readonly picture: Picture;
  readonly sharing: Sharing;
  readonly leftAlone: readonly LeftAlone[];
  /** Devices that we have moved and not seen home again. */
  readonly ours: Some;
  readonly envelope: Envelope;
  /** What safety has taken of it, by device and reason. */
  readonly whyLess: ReadonlyMap<string, string>;
  /** Whether outlets may be opened of what does not sleep when told. */
  readonly mayUnpower: boolean;
  readonly now: Now;
};

/** So soon after a start every device that is there has been heard. */
const FIRST_WORD_MS: Millis = 5000;

export function planned(shared: Shared): PlannedDevice[] {
  const { ordered, allotted } = shared.sharing;
  const steered = ordered.flatMap((own, i) => {
    const part = allotted[i];
    return part ? steeredDevice(own, part, shared) : [];
  });
  return [...steered, ...shared.leftAlone.map(alone)];
}

function steeredDevice(
  own: Steerable,
  { device, want, watts, stubborn }: Allotted,
  { picture, ours, envelope, mayUnpower, whyLess, now }: Shared,
): PlannedDevice {
  const home = own.displaced?.home ?? own.home;
  // A device that is to be home and that we never moved is left as it is: whoever changed it meant it.
  const moved = ours.has(device);
  const away = !sameSetting(want, home) || moved;
  const hands = away && mayBeCalled(deviceOf(picture, device), moved, now) ? 'on' : 'off';
  const why = stubborn ? STUBBORN : (whyLess.get(device) ?? whySo(own, watts, envelope));
  return { device, want, home, hands, expectedW: watts, stubborn, lastResort: stubborn && mayUnpower, why };
}

function alone({ device, home, watts, why }: LeftAlone): PlannedDevice {
  return {
    device,
    want: home,
    home,
    hands: 'off',
    expectedW: watts,
    stubborn: false,
    lastResort: false,
    why: `left alone: ${why}`,
  };
}

const STUBBORN = 'does not go down when told: others are cut in its place';

function whySo({ home, homeW, displaced }: Steerable, watts: number, { why, whyMore }: Envelope): string {
  if (watts < homeW) return why;
  if (watts > homeW) return whyMore;
  if (displaced) return displaced.why;
  return home.kind === 'asleep' ? 'home: it slept before' : 'home: nothing asks for less';
}

function mayBeCalled(device: DeviceView | undefined, moved: boolean, now: Now): boolean {
  if (!device || awaitsIdentity(device)) return false;
  // After a restart in mid-event it has been told before: its word comes first, so that nothing is told twice.
  const unheard = !device.reading && !device.trouble && !device.asked && !device.unpowered;
  return !(moved && unheard && now.mono - device.since.mono < FIRST_WORD_MS);
}
