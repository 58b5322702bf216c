/** Power caps that keep the AI load under what the miners have really left free. Pure. */
import type { Watts } from '#protocol/units.ts';
import type { Allotted, Steerable } from '../share/allocate.ts';

/** A GPU, whose load is not ours to choose but ours to cap. */
export type Spiky = Steerable & {
  readonly dial: NonNullable<Steerable['dial']>;
  readonly drawnW: Watts;
  readonly capW: Watts | undefined;
};

/** Caps move in parts of the dial, so that a load that wavers does not turn it at every look. */
const CAP_PARTS = 50;

/** `freeW` is for all of them together: each keeps what it draws, and what is left is shared out evenly. */
export function capped(spiky: readonly Spiky[], freeW: Watts): Allotted[] {
  const drawnW = spiky.reduce((sum, each) => sum + each.drawnW, 0);
  const spareW = (freeW - drawnW) / spiky.length;
  return spiky.map((each) => {
    const shareW = spareW >= 0 ? each.drawnW + spareW : (each.drawnW * freeW) / drawnW;
    return atMost(each, shareW);
  });
}

function atMost({ device, home, homeW, dial }: Spiky, watts: Watts): Allotted {
  if (watts >= homeW) return { device, want: home, watts: homeW, stubborn: false };
  const part = Math.max(dial.step, Math.round((dial.max - dial.min) / CAP_PARTS / dial.step) * dial.step);
  const limit = Math.max(dial.min, dial.min + Math.floor((watts - dial.min) / part) * part);
  return { device, want: { kind: 'awake', limit }, watts: limit, stubborn: false };
}
