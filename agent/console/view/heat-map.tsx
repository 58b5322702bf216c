/** All racks on one canvas: fill, frame and hatch, with a line of words for the one under pointer or cursor. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { drawHeat } from '../browser/heat-canvas.ts';
import { rackAddress } from '../browser/route.ts';
import { useWidth } from '../browser/size.ts';
import type { View } from '../browser/store.ts';
import { usePalette } from '../browser/theme.ts';
import type { Fill, Step } from '../model/heat.ts';
import { blocksOf, cellOf, fills, floorOf, neighbour, placeAt } from '../model/heat.ts';
import { HeatKey } from './heat-key.tsx';
import { HeatWords } from './heat-words.tsx';
import { Panel } from './panel.tsx';

const steps: { readonly [key: string]: Step } = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

export function HeatMap({ view: { site, nowMs } }: { view: View }) {
  const [fill, setFill] = useState<Fill>('temperature');
  const [at, setAt] = useState<string>();
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(box);
  const palette = usePalette();
  // Racks speak once a second: to draw more often shows nothing more.
  const second = Math.floor(nowMs / 1000);
  const blocks = useMemo(() => blocksOf(site.racks), [second]);
  const layout = JSON.stringify(blocks);
  const floor = useMemo(() => floorOf(blocks, width), [layout, width]);
  useEffect(() => {
    if (!canvas.current || width === 0) return;
    const cells = new Map([...site.racks.values()].map((rack) => [rack.id, cellOf(rack, fill, nowMs)]));
    drawHeat(canvas.current, width, { floor, cells, fill, palette, at });
  }, [second, floor, width, fill, palette, at]);
  const point = (event: PointerEvent) => setAt(placeAt(floor, event.offsetX, event.offsetY)?.id);
  const key = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && at !== undefined) location.hash = rackAddress(at);
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    setAt(neighbour(floor, at, step)?.id);
  };
  const tools = (
    <span class="choice">
      {fills.map((each) => (
        <button type="button" key={each} aria-pressed={each === fill} onClick={() => setFill(each)}>
          {each}
        </button>
      ))}
    </span>
  );
  return (
    <Panel name="Racks" area="heat" tools={tools}>
      <div
        class="heat-box"
        ref={box}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys go through the map, as in any application.
        tabIndex={0}
        aria-label="Map of all racks. Arrow keys go from rack to rack, Enter opens one."
        aria-describedby="heat-words"
        onKeyDown={key}
      >
        <canvas
          ref={canvas}
          style={{ width: `${width}px`, height: `${floor.height}px` }}
          onPointerMove={point}
          onPointerLeave={() => setAt(undefined)}
          onClick={() => {
            if (at !== undefined) location.hash = rackAddress(at);
          }}
        />
      </div>
      <HeatWords rack={at === undefined ? undefined : site.racks.get(at)} nowMs={nowMs} />
      <HeatKey fill={fill} palette={palette} />
    </Panel>
  );
}
