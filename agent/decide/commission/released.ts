/** Which devices orders may touch: those that commissioning has seen move what the config says, or all by a person's word. */
import type { Policy } from '#agent/config/policy.ts';
import { isCommissioned, someCommissioned } from '#agent/state/commissioned.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';

/** Without any device that it may touch the rack only observes. */
export function mayAct(picture: Picture, policy: Policy): boolean {
  return policy.commissioning === 'waived' || someCommissioned(picture);
}

export function isReleased(device: DeviceView, policy: Policy): boolean {
  return policy.commissioning === 'waived' || isCommissioned(device);
}
