/** Where the racks of an event are on the way from sent to metered. A click on a stage lists its racks. */
import type { View } from '../browser/store.ts';
import type { Stage } from '../model/funnel.ts';
import { funnelOf, stages } from '../model/funnel.ts';
import type { GridEvent } from '../model/site.ts';
import { Panel } from './panel.tsx';
import { StageBar } from './stage-bar.tsx';

type Props = {
  view: View;
  event: GridEvent | undefined;
  stage: Stage | undefined;
  choose: (stage: Stage | undefined) => void;
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
  return (
    <Panel name="Acknowledgement" area="funnel" tools={<span class="quiet">{event.event}</span>}>
      <ol>
        {stages.map((each) => {
          const some = funnel[each].length;
          return (
            <li key={each}>
              <button
                type="button"
                aria-pressed={stage === each}
                disabled={some === 0}
                onClick={() => choose(stage === each ? undefined : each)}
              >
                <StageBar name={each} some={some} of={funnel.sent.length} />
              </button>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}
