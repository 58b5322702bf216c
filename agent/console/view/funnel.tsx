/** Where the racks of an event are on the way from sent to metered. A click on a stage lists its racks. */
import type { View } from '../browser/store.ts';
import type { Stage } from '../model/funnel.ts';
import { funnelOf, stages } from '../model/funnel.ts';
import type { GridEvent } from '../model/site.ts';
import { count } from '../model/words.ts';
import { Panel } from './panel.tsx';

type Props = {
  view: View;
  event: GridEvent | undefined;
  stage: Stage | undefined;
  choose: (stage: Stage | undefined) => void;
};

/** Where racks are lost; the mark says it to those who see no colour. */
const lost: { readonly [Each in Stage]?: { readonly kind: 'warn' | 'bad'; readonly mark: string } } = {
  partial: { kind: 'bad', mark: '▲' },
  refused: { kind: 'warn', mark: '✕' },
  silent: { kind: 'bad', mark: '?' },
};

export function FunnelPanel({ view: { site, nowMs }, event, stage, choose }: Props) {
  if (!event) {
    return (
      <Panel name="Acknowledgement" area="funnel">
        <p class="empty">No order is on the broker.</p>
      </Panel>
    );
  }
  const funnel = funnelOf(site, event, nowMs);
  const sent = funnel.sent.length;
  return (
    <Panel name="Acknowledgement" area="funnel" tools={<span class="quiet">{event.event}</span>}>
      <ol>
        {stages.map((each) => {
          const some = funnel[each].length;
          const { kind = '', mark = '' } = (some > 0 && lost[each]) || {};
          return (
            <li key={each}>
              <button
                type="button"
                class={kind}
                aria-pressed={stage === each}
                disabled={some === 0}
                onClick={() => choose(stage === each ? undefined : each)}
              >
                <span class="name">
                  {each} {mark}
                </span>
                <span class="bar">
                  <span style={{ width: `${sent === 0 ? 0 : (100 * some) / sent}%` }} />
                </span>
                <span class="number">{count(some)}</span>
              </button>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}
