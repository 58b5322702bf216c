/** The site's watts against its line, live: the events shaded, and the band in which the shown event wants them. */
import { useMemo, useState } from 'preact/hooks';
import type { View } from '../browser/store.ts';
import { columnsOf, spanOf } from '../model/chart.ts';
import { envelopeOf } from '../model/envelope.ts';
import { stateOf } from '../model/events.ts';
import { powerBefore } from '../model/samples.ts';
import type { GridEvent } from '../model/site.ts';
import { Panel } from './panel.tsx';
import { WattsChart } from './watts-chart.tsx';

const WINDOWS_MIN = [5, 15, 60] as const;
const HEIGHT_PX = 240;

type Props = { view: View; event: GridEvent | undefined };

export function SiteChart({ view: { site, samples, nowMs }, event }: Props) {
  const [minutes, setMinutes] = useState<number>(15);
  // Anew with each sample: four times a second would show nothing more.
  const drawn = useMemo(() => {
    const windowMs = 60_000 * minutes;
    const begun = event && stateOf(event, nowMs) !== 'coming';
    const envelope = begun ? envelopeOf(site, event, powerBefore(samples, event.fromMs)) : undefined;
    return { columns: columnsOf(samples, envelope, nowMs, windowMs), span: spanOf(samples, nowMs, windowMs) };
  }, [samples, minutes, event?.key]);
  const shades = [...site.events.values()].map((each) => ({
    fromS: each.fromMs / 1000,
    untilS: each.untilMs / 1000,
    label: each.event,
    coming: stateOf(each, nowMs) === 'coming',
  }));
  const tools = (
    <span class="choice">
      {WINDOWS_MIN.map((each) => (
        <button type="button" key={each} aria-pressed={each === minutes} onClick={() => setMinutes(each)}>
          {each} min
        </button>
      ))}
    </span>
  );
  return (
    <Panel name="Power, kW" area="chart" tools={tools}>
      <WattsChart {...drawn} shades={shades} height={HEIGHT_PX} label="Power of the site against its line, over time" />
    </Panel>
  );
}
