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
      <div class="scroll">
        {site.happenings.length === 0 && <p class="empty">Nothing was told since this page was opened.</p>}
        <table>
          <tbody>
            {site.happenings.map((each) => (
              <tr key={each.id}>
                <td class="number">{timeOfDay(each.atMs)}</td>
                <td class={bad.has(each.what) ? 'bad name' : 'name'}>{each.what}</td>
                <td class="name">{who(each)}</td>
                <td class="quiet name wide">{each.eventKey?.split('/')[1]}</td>
                <td class="quiet reasons">{each.why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function who({ racks }: Happening) {
  const [only] = racks;
  if (racks.size === 1 && only !== undefined) return <a href={rackAddress(only)}>{only}</a>;
  return countOf(racks.size, 'rack');
}
