/** What was allotted, as a setting for every device with its reason, and whether it may be touched for that. */
import type { Picture } from '#agent/state/picture.ts';
import { sameSetting } from '#agent/state/setting.ts';
import type { Allotted, Steerable } from './allocate.ts';
import type { Envelope } from './compose.ts';
import type { Memory, PlannedDevice } from './plan.ts';
import type { Roster } from './roster.ts';
import { awaitsIdentity } from './roster.ts';

export type Shared = {
  readonly picture: Picture;
  readonly crew: Roster;
  readonly allotted: readonly Allotted[];
  readonly memory: Memory;
  readonly envelope: Envelope;
};

export function planned(shared: Shared): Omit<PlannedDevice, 'lastResort'>[] {
  const { crew, allotted } = shared;
  const moved = new Set(shared.memory.moved);
  const byId = new Map(crew.steerable.map((each) => [each.device, each]));
  const steered = allotted.flatMap((each) => {
    const own = byId.get(each.device);
    return own ? [steeredDevice(own, each, moved, shared)] : [];
  });
  const alone = crew.leftAlone.map(({ device, home, watts, why }) => ({
    device,
    want: home,
    home,
    hands: 'off' as const,
    expectedW: watts,
    stubborn: false,
    why: `left alone: ${why}`,
  }));
  return [...steered, ...alone];
}

function steeredDevice(
  own: Steerable,
  { device, want, watts, stubborn }: Allotted,
  moved: ReadonlySet<string>,
  { picture, envelope }: Shared,
): Omit<PlannedDevice, 'lastResort'> {
  const home = own.priced?.home ?? own.home;
  // A device that is to be home and that we never moved is left as it is: whoever changed it meant it.
  const ours = !sameSetting(want, home) || moved.has(device);
  const hands = ours && mayBeCalled(picture, device) ? 'on' : 'off';
  const why = stubborn ? STUBBORN : whySo(own, watts, envelope);
  return { device, want, home, hands, expectedW: watts, stubborn, why };
}

const STUBBORN = 'does not go down when told: others are cut in its place';

function whySo({ home, homeW, priced }: Steerable, watts: number, { why, whyMore }: Envelope): string {
  if (watts < homeW) return why;
  if (watts > homeW) return whyMore;
  if (priced) return priced.why;
  return home.kind === 'asleep' ? 'home: it slept before' : 'home: nothing asks for less';
}

function mayBeCalled({ devices }: Picture, id: string): boolean {
  const device = devices[id];
  return device !== undefined && !awaitsIdentity(device);
}
