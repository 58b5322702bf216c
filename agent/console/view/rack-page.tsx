/** One rack: its watts, the three truths of its last cut, every device, and what it has to say. */
import type { View } from '../browser/store.ts';
import { emptyRack } from '../model/site.ts';
import { RackChart } from './rack-chart.tsx';
import { RackDevices } from './rack-devices.tsx';
import { RackFacts } from './rack-facts.tsx';
import { RackHeadline } from './rack-headline.tsx';
import { Truths } from './truths.tsx';

export function RackPage({ view, id }: { view: View; id: string }) {
  const { site, nowMs } = view;
  const rack = site.racks.get(id) ?? emptyRack(id);
  const details = site.details?.rack === id ? site.details : undefined;
  return (
    <main class="rack">
      <RackHeadline rack={rack} known={site.racks.has(id)} nowMs={nowMs} />
      <RackChart view={view} trace={details?.trace ?? []} />
      <Truths rack={rack} />
      <RackDevices devices={details?.devices} info={rack.info} nowMs={nowMs} />
      <RackFacts rack={rack} details={details} nowMs={nowMs} />
    </main>
  );
}
