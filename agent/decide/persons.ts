/** A sleep that begins while a line binds and that we did not ask for is a person's: hands off until it wakes. */
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { devicesOf } from '#agent/state/picture.ts';
import { isSettling } from '#agent/state/setting.ts';
import type { Memory } from './plan.ts';

export function withPersons(picture: Picture, memory: Memory, now: Now): Memory {
  const known: Known = { persons: new Set(memory.persons), moved: new Set(memory.moved), homes: memory.homes };
  const sleepers = memory.line ? devicesOf(picture).filter((device) => isPersons(device, known, now)) : [];
  const persons = sleepers.map(({ facts }) => facts.id);
  return persons.join() === memory.persons.join() ? memory : { ...memory, persons };
}

type Known = {
  readonly persons: ReadonlySet<string>;
  readonly moved: ReadonlySet<string>;
  readonly homes: Memory['homes'];
};

function isPersons({ facts: { id }, reading, asked }: DeviceView, { persons, moved, homes }: Known, now: Now): boolean {
  if (reading?.asleep !== true) return false;
  if (persons.has(id)) return true;
  // One that ran as we had asked, and then slept; while it is still on its way, an earlier call of ours may be behind it.
  if (moved.has(id)) return asked?.setting.kind === 'awake' && asked.attempts === 0 && !isSettling(asked, now);
  // One whose home nobody knows may have been put to sleep by us, before the journal was lost.
  return homes[id]?.kind === 'awake';
}
