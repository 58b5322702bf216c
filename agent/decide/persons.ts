/** A sleep that begins while a line binds and that we did not ask for is a person's: hands off until it wakes. */
import type { Picture } from '#agent/state/picture.ts';
import type { Memory } from './plan.ts';

export function withPersons(picture: Picture, memory: Memory): Memory {
  const sleepers = memory.line
    ? Object.values(picture.devices)
        .filter(({ facts: { id }, reading }) => {
          if (reading?.asleep !== true) return false;
          // One whose home nobody knows may have been put to sleep by us, before the journal was lost.
          return memory.persons.includes(id) || (!memory.moved.includes(id) && memory.homes[id]?.kind === 'awake');
        })
        .map(({ facts }) => facts.id)
    : [];
  return sleepers.join() === memory.persons.join() ? memory : { ...memory, persons: sleepers };
}
