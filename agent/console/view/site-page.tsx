/** All of a site on one page. */
import { useState } from 'preact/hooks';
import type { View } from '../browser/store.ts';
import { foremost } from '../model/events.ts';
import type { Stage } from '../model/funnel.ts';
import { Events } from './events.tsx';
import { FunnelPanel } from './funnel.tsx';
import { Guard } from './guard.tsx';
import { Headline } from './headline.tsx';
import { HeatMap } from './heat-map.tsx';
import { RackList } from './rack-list.tsx';
import { SiteChart } from './site-chart.tsx';
import { Timeline } from './timeline.tsx';

export function SitePage({ view }: { view: View }) {
  const { site, nowMs } = view;
  const [chosen, setChosen] = useState<string>();
  const [stage, setStage] = useState<Stage>();
  const event = site.events.get(chosen ?? '') ?? foremost(site.events, nowMs);
  return (
    <main class="site">
      <Headline view={view} event={event} />
      <Guard name="The chart">
        <SiteChart view={view} event={event} />
      </Guard>
      <Guard name="The funnel">
        <FunnelPanel view={view} event={event} stage={stage} choose={setStage} />
      </Guard>
      <Guard name="The map">
        <HeatMap view={view} />
      </Guard>
      <Guard name="The list of racks">
        <RackList view={view} event={event} stage={stage} close={() => setStage(undefined)} />
      </Guard>
      <Guard name="The events">
        <Events view={view} event={event} choose={setChosen} />
      </Guard>
      <Guard name="The timeline">
        <Timeline view={view} />
      </Guard>
    </main>
  );
}
