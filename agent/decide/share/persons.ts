/** A sleep that begins while a line binds and that we did not ask for is a person's: hands off until it wakes. */
import type { Some } from '#agent/state/devices.ts';
import { entryOf } from '#agent/state/entry.ts';
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { devicesOf } from '#agent/state/picture.ts';
import { isSettling } from '#agent/state/setting.ts';
import type { Memory } from '../plan.ts';

export function withPersons(picture: Picture, memory: Memory, ours: Some, now: Now): Memory {
  const sleepers = memory.line ? devicesOf(picture).filter(({ reading }) => reading?.asleep === true) : [];
  const known: Known = { persons: new Set(memory.persons), ours, homes: memory.homes };
  const persons = sleepers.filter((device) => isPersons(device, known, now)).map(({ facts }) => facts.id);
  return persons.join() === memory.persons.join() ? memory : { ...memory, persons };
}

type Known = {
  readonly persons: ReadonlySet<string>;
  readonly ours: Some;
  readonly homes: Memory['homes'];
};

function isPersons({ facts: { id }, asked }: DeviceView, { persons, ours, homes }: Known, now: Now): boolean {
  if (persons.has(id)) return true;
  // One that ran as we had asked, and then slept; while it is still on its way, an earlier call of ours may be behind it.
  if (ours.has(id)) return asked?.setting.kind === 'awake' && asked.attempts === 0 && !isSettling(asked, now);
  // One whose home nobody knows may have been put to sleep by us, before the journal was lost.
  return entryOf(homes, id)?.kind === 'awake';
}
