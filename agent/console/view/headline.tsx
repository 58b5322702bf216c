/** The site in five figures: what it draws, where it may go, what is left, for how long, and what it could give. */
import type { View } from '../browser/store.ts';
import { stateOf } from '../model/events.ts';
import type { GridEvent } from '../model/site.ts';
import type { Totals } from '../model/totals.ts';
import { totals } from '../model/totals.ts';
import { count, countdown, countOf, kilowatts, withUnit } from '../model/words.ts';
import { Figure } from './figure.tsx';

type Props = { view: View; event: GridEvent | undefined };

/** Below this much a site's tenths of a kilowatt mean something. */
const SMALL_SITE_W = 1e6;

export function Headline({ view: { site, nowMs }, event }: Props) {
  const all = totals(site, nowMs);
  const digits = Math.max(all.ratedW, all.powerW ?? 0) < SMALL_SITE_W ? 1 : 0;
  const kw = (watts: number | undefined) => kilowatts(watts, digits);
  return (
    <section class="headline" aria-label="Site power">
      <Figure name="Power" value={kw(all.powerW)} note={powerNote(all)} />
      <Figure name="Line" value={kw(all.lineW)} note={lineNote(all)} />
      <Figure
        name="Headroom"
        value={kw(all.headroomW)}
        kind={headroomKind(all)}
        note={all.over > 0 ? `${countOf(all.over, 'rack')} over the line` : 'no rack over its line'}
      />
      <Countdown event={event} nowMs={nowMs} />
      <Figure
        name="Could give"
        value={kw(all.downW)}
        note={all.downW === undefined ? 'nothing is offered' : `within ${withUnit(all.downS, 's')}`}
      />
    </section>
  );
}

function Countdown({ event, nowMs }: { event: GridEvent | undefined; nowMs: number }) {
  if (!event) return <Figure name="Ends in" value="–" note="no order" />;
  const note = `${event.program}, ${event.event}`;
  switch (stateOf(event, nowMs)) {
    case 'coming':
      return <Figure name="Begins in" value={countdown(event.fromMs - nowMs)} note={note} />;
    case 'running':
      return <Figure name="Ends in" value={countdown(event.untilMs - nowMs)} note={note} />;
    case 'over':
      return <Figure name="Ends in" value="–" note={`${note} is over`} />;
  }
}

/** Up to 1 % over counts as met. */
function headroomKind({ headroomW, lineW }: Totals): '' | 'good' | 'bad' {
  if (headroomW === undefined || lineW === undefined) return '';
  if (headroomW >= 0) return 'good';
  return headroomW < -0.01 * lineW ? 'bad' : '';
}

function powerNote({ fresh, racks, unmetered }: Totals): string {
  const missing = racks - fresh;
  const estimated = unmetered > 0 ? `, ${count(unmetered)} not metered` : '';
  return missing > 0 ? `without ${countOf(missing, 'rack')}${estimated}` : `all ${countOf(racks, 'rack')}${estimated}`;
}

function lineNote({ bound, fresh }: Totals): string {
  return bound === 0 ? 'no rack is bound' : `${count(bound)} of ${count(fresh)} racks bound`;
}
