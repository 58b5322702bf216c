/** How each device runs when nothing binds it: learned while nothing does, on disk long before any order. */
import type { Policy } from '#agent/config/policy.ts';
import { someOf } from '#agent/state/devices.ts';
import { entryOf } from '#agent/state/entry.ts';
import type { Now, Setting } from '#agent/state/observation.ts';
import type { Binding } from '#agent/state/orders.ts';
import { binding } from '#agent/state/orders.ts';
import type { Picture } from '#agent/state/picture.ts';
import { deviceOf, devicesOf } from '#agent/state/picture.ts';
import { sameSetting, settingShown, shows, wattsAt } from '#agent/state/setting.ts';
import { freshDevice } from '#agent/state/staleness.ts';
import { mayAct } from '../commission/released.ts';
import type { Given } from '../given.ts';
import type { Memory, PlannedDevice } from '../plan.ts';
import { steered } from './roster.ts';

export function learnHomes(picture: Picture, policy: Policy, memory: Memory, now: Now): Memory {
  const binds = mayAct(picture, policy) && binding(picture, now.wall).some(setsLevel);
  const free = picture.ordersKnown && !memory.line && !memory.lift && !binds;
  const changed: Record<string, Setting> = {};
  const moved = someOf(picture.devices, memory.moved);
  const cools = new Set(policy.cooling.map(({ device }) => device));
  for (const device of devicesOf(picture)) {
    const { id } = device.facts;
    // One that we moved and have not seen home yet shows our own deed, not its home.
    if (moved.has(id)) continue;
    const home = entryOf(memory.homes, id);
    const reading = freshDevice(device, now);
    const shown = reading && settingShown(device, reading);
    if (!shown) continue;
    // What it cools decides how a pump runs from then on.
    if (home && cools.has(id)) continue;
    // While something binds, only what a person has turned up since is news: it gives way from there.
    if (!free && !(home && wattsAt(device, shown) > wattsAt(device, home))) continue;
    if (!home || !sameSetting(home, shown)) changed[id] = shown;
  }
  return Object.keys(changed).length ? { ...memory, homes: { ...memory.homes, ...changed } } : memory;
}

/** Others stand for days before they ask for anything, and home goes on being learned under them. */
function setsLevel({ interval }: Binding): boolean {
  const { kind } = interval.target;
  return kind === 'ceiling' || kind === 'shed' || kind === 'setpoint' || kind === 'floor';
}

/** Devices that an order may move though nobody has seen how they run without one: they are taken to be awake. */
export function assumedHomes(picture: Picture, policy: Policy, { homes, line, lift }: Memory): string[] {
  // Until all that the broker retains has come, the rack's own word from before may still be among it.
  if ((!line && !lift) || !picture.ordersKnown) return [];
  return steered(picture, policy)
    .filter(({ state, facts }) => state !== 'wrong_device' && entryOf(homes, facts.id) === undefined)
    .map(({ facts }) => facts.id);
}

/**
 * Devices that are to be away from home, and those moved before that have not shown their home since. What a person
 * has put to sleep is the person's, and what cools follows what it cools.
 */
export function stillMoved(
  { picture, policy: { cooling }, memory, ours }: Given,
  devices: readonly PlannedDevice[],
): string[] {
  const cools = new Set(cooling.map(({ device }) => device));
  const persons = new Set(memory.persons);
  return devices
    .filter(({ device, want, home }) => {
      if (cools.has(device)) return false;
      if (!sameSetting(want, home)) return true;
      if (!ours.has(device) || persons.has(device)) return false;
      const view = deviceOf(picture, device);
      return view !== undefined && !shows(view, home);
    })
    .map(({ device }) => device)
    .sort();
}
