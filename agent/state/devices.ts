/**
 * Every device of a rack, in the order of its config. Nothing here is ever changed: a device that changes makes a new
 * whole, which shares with the one before all but one short page and the list of pages. So what one device says costs
 * about the same on a rack of ten and of ten thousand, and who still holds the whole of before sees it as it was.
 */
import type { DeviceView } from './picture.ts';

export type Devices = {
  /** Where each device stands; the same object until the config lists others. */
  readonly places: ReadonlyMap<string, number>;
  /** Of `PAGE` devices each, but for the last. */
  readonly pages: readonly (readonly DeviceView[])[];
};

/** About as many as ten thousand devices have pages: neither copy is long. */
const PAGE = 100;

export const noDevices: Devices = { places: new Map(), pages: [] };

export function devicesFrom(views: readonly DeviceView[]): Devices {
  const places = new Map(views.map(({ facts }, place) => [facts.id, place]));
  const pages = Array.from({ length: Math.ceil(views.length / PAGE) }, (_, page) =>
    views.slice(page * PAGE, (page + 1) * PAGE),
  );
  return { places, pages };
}

export function deviceAt({ places, pages }: Devices, id: string): DeviceView | undefined {
  const place = places.get(id);
  return place === undefined ? undefined : pages[Math.floor(place / PAGE)]?.[place % PAGE];
}

/** `changed` in the place of what they were before; of devices that are there. */
export function withChanged({ places, pages }: Devices, changed: readonly DeviceView[]): Devices {
  const next = [...pages];
  for (const view of changed) {
    const place = places.get(view.facts.id);
    if (place === undefined) continue;
    const page = Math.floor(place / PAGE);
    next[page] = next[page]?.with(place % PAGE, view) ?? [];
  }
  return { places, pages: next };
}

/** Some of the devices, by name. */
export type Some = { has(id: string): boolean };

/** Those of `ids` that are there. Of thousands at every turn: a `Set` would hash and grow ten times as long. */
export function someOf({ places }: Devices, ids: readonly string[]): Some {
  const isOne = new Uint8Array(places.size);
  for (const id of ids) {
    const place = places.get(id);
    if (place !== undefined) isOne[place] = 1;
  }
  return {
    has: (id) => {
      const place = places.get(id);
      return place !== undefined && isOne[place] === 1;
    },
  };
}
