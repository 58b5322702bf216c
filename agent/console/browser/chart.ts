/** Charts of watts over time, drawn by uPlot: the colours and the spacing of the page. */
import uPlot from 'uplot';
import type { Palette } from '../model/palette.ts';
import { decimal } from '../model/words.ts';

/** A span of time with a name, shaded behind the curves. */
export type Shade = {
  readonly fromS: number;
  readonly untilS: number;
  readonly label: string;
  readonly coming: boolean;
};

export type Look = { readonly palette: Palette; readonly width: number; readonly height: number };

/** Power, its line, and the band between `low` and `high`; shades are asked for at every drawing. */
export function wattsChart({ palette, width, height }: Look, shades: () => readonly Shade[], into: HTMLElement): uPlot {
  const value = (_chart: uPlot, kw: number | null) => (kw === null ? '–' : `${decimal(kw, kw < 1000 ? 1 : 0)} kW`);
  const axis = {
    stroke: palette.quiet,
    font: '11px system-ui, sans-serif',
    grid: { stroke: palette.rule, width: 1 },
    ticks: { show: false },
  };
  const legendColours = ['transparent', palette.band, palette.band, palette.line, palette.power];
  return new uPlot(
    {
      width,
      height,
      padding: [20, 8, 0, 0],
      cursor: { points: { size: 5 }, drag: { x: false, y: false } },
      legend: { markers: { width: 0, fill: (_chart, i) => legendColours[i] ?? 'transparent' } },
      scales: {
        x: { time: true, range: (_chart, min, max) => [min, max] },
        y: { range: (_chart, _min, max) => [0, Math.max(1, (max ?? 0) * 1.08)] },
      },
      axes: [
        { ...axis, size: 24, space: 66, values: uPlotTimes },
        {
          ...axis,
          size: 56,
          values: (_chart: uPlot, ticks: number[], _axis: number, _space: number, stepKw: number) =>
            ticks.map((tick) => decimal(tick, stepKw < 1 ? 1 : 0)),
        },
      ],
      series: [
        { label: 'time', value: (_chart, s) => (s === null ? '–' : clock.format(1000 * s)) },
        // The band lies below the curves, so it is drawn before them.
        { label: 'at most', stroke: 'transparent', value, points: { show: false } },
        { label: 'at least', stroke: 'transparent', value, points: { show: false } },
        { label: 'line', stroke: palette.line, width: 1.5, dash: [5, 4], value, points: { show: false } },
        { label: 'power', stroke: palette.power, width: 2, value, points: { show: false } },
      ],
      bands: [{ series: [1, 2], fill: palette.band }],
      hooks: { drawClear: [(chart) => shade(chart, shades(), palette)] },
    },
    [[], [], [], [], []],
    into,
  );
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** Hours and minutes; seconds where the ticks are closer than a minute. */
function uPlotTimes(_chart: uPlot, ticks: number[], _axis: number, _space: number, stepS: number): string[] {
  return ticks.map((tick) => clock.format(1000 * tick).slice(0, stepS < 60 ? 8 : 5));
}

function shade(chart: uPlot, shades: readonly Shade[], palette: Palette): void {
  const { ctx, bbox } = chart;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, 0, bbox.width, bbox.top + bbox.height);
  ctx.clip();
  for (const { fromS, untilS, label, coming } of shades) {
    const left = Math.max(chart.valToPos(fromS, 'x', true), bbox.left);
    const right = Math.min(chart.valToPos(untilS, 'x', true), bbox.left + bbox.width);
    if (right <= left) continue;
    ctx.fillStyle = palette.event;
    ctx.globalAlpha = coming ? 0.5 : 1;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.globalAlpha = 1;
    ctx.fillStyle = palette.quiet;
    ctx.fillRect(left, bbox.top, scale, bbox.height);
    ctx.font = `${11 * scale}px system-ui, sans-serif`;
    ctx.textBaseline = 'bottom';
    ctx.textAlign = 'left';
    // Its name begins where it does, as long as there is room for it.
    const rightmost = bbox.left + bbox.width - ctx.measureText(label).width;
    ctx.fillText(label, Math.min(left + 4 * scale, rightmost), bbox.top - 2 * scale);
  }
  ctx.restore();
}
