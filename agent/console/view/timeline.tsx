/** What was told lately, newest first; a step that a thousand racks take within a moment is one line. */
import { rackAddress } from '../browser/route.ts';
import type { View } from '../browser/store.ts';
import type { Happening } from '../model/site.ts';
import { countOf, timeOfDay } from '../model/words.ts';
import { Panel } from './panel.tsx';

const bad = new Set<Happening['what']>(['partial', 'refused', 'failed', 'overridden']);

export function Timeline({ view: { site } }: { view: View }) {
  return (
    <Panel name="Timeline" area="timeline">
      {site.happenings.length === 0 && <p class="empty">Nothing was told since this page was opened.</p>}
      <ol class="scroll">
        {site.happenings.map((each) => (
          <li key={each.id}>
            <span class="number">{timeOfDay(each.atMs)}</span>
            <b class={bad.has(each.what) ? 'bad' : ''}>{each.what}</b>
            <span>{who(each)}</span>
            <span class="quiet wide">{each.eventKey?.split('/')[1]}</span>
            <span class="quiet why" title={each.why}>
              {each.why}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function who({ racks }: Happening) {
  const [only] = racks;
  if (racks.size === 1 && only !== undefined) return <a href={rackAddress(only)}>{only}</a>;
  return countOf(racks.size, 'rack');
}
