/** One live chart of watts. uPlot owns what is inside; it is made anew only when its size or colours change. */
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Shade } from '../browser/chart.ts';
import { wattsChart } from '../browser/chart.ts';
import { useWidth } from '../browser/size.ts';
import { usePalette } from '../browser/theme.ts';
import type { Columns } from '../model/chart.ts';

type Props = {
  columns: Columns;
  span: readonly [number, number];
  shades: readonly Shade[];
  height: number;
  label: string;
};

export function WattsChart({ columns, span, shades, height, label }: Props) {
  const into = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const behind = useRef(shades);
  behind.current = shades;
  const palette = usePalette();
  const width = useWidth(into);
  useEffect(() => {
    if (!into.current || width === 0) return undefined;
    const made = wattsChart({ palette, width, height }, () => behind.current, into.current);
    chart.current = made;
    return () => {
      made.destroy();
      chart.current = null;
    };
  }, [palette, width, height]);
  useEffect(() => {
    const { timeS, powerKw, lineKw, lowKw, highKw } = columns;
    chart.current?.batch(() => {
      chart.current?.setData([[...timeS], [...highKw], [...lowKw], [...lineKw], [...powerKw]], false);
      chart.current?.setScale('x', { min: span[0], max: span[1] });
    });
  }, [columns, span, palette, width]);
  return <div class="chart-box" ref={into} role="img" aria-label={label} />;
}
