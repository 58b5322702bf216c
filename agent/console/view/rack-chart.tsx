/** One rack's watts against its line, since its page was opened. */
import { useMemo } from 'preact/hooks';
import type { View } from '../browser/store.ts';
import { columnsOf, spanOf } from '../model/chart.ts';
import type { TracePoint } from '../model/details.ts';
import { Panel } from './panel.tsx';
import { WattsChart } from './watts-chart.tsx';

const WINDOW_MS = 15 * 60_000;
const HEIGHT_PX = 200;

export function RackChart({ view: { nowMs }, trace }: { view: View; trace: readonly TracePoint[] }) {
  const drawn = useMemo(() => {
    const samples = trace.map(({ atMs, powerW, lineW }) => ({
      atMs,
      powerW: powerW ?? undefined,
      lineW: lineW ?? undefined,
    }));
    return { columns: columnsOf(samples, undefined, nowMs, WINDOW_MS), span: spanOf(samples, nowMs, WINDOW_MS) };
  }, [trace]);
  return (
    <Panel name="Power, kW" area="chart">
      <WattsChart {...drawn} shades={[]} height={HEIGHT_PX} label="Power of the rack against its line, over time" />
    </Panel>
  );
}
