/** Draws the heat map: a thousand cells on one canvas, in a few milliseconds. */
import type { Cell, Fill, Floor } from '../model/heat.ts';
import { share } from '../model/heat.ts';
import type { Palette } from '../model/palette.ts';
import { between } from '../model/palette.ts';

export type Drawing = {
  readonly floor: Floor;
  readonly cells: ReadonlyMap<string, Cell>;
  readonly fill: Fill;
  readonly palette: Palette;
  /** The rack under the pointer or the keyboard's cursor. */
  readonly at: string | undefined;
};

export function drawHeat(canvas: HTMLCanvasElement, width: number, drawing: Drawing): void {
  const { floor, cells, palette } = drawing;
  const scale = devicePixelRatio;
  const [w, h] = [Math.round(width * scale), Math.round(floor.height * scale)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const ctx = canvas.getContext('2d');
  if (!ctx) return;
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, floor.height);
  ctx.font = '11px system-ui, sans-serif';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = palette.quiet;
  if (floor.labelWidth > 0) {
    for (const { text, y } of floor.labels) ctx.fillText(text, 0, y + floor.pitch / 2, floor.labelWidth - 6);
  }
  const side = floor.pitch - 2;
  const boxes = floor.places.flatMap(({ id, x, y }) => {
    const cell = cells.get(id);
    return cell ? [{ cell, x, y, side }] : [];
  });
  fills(ctx, boxes, drawing);
  hatches(ctx, boxes, palette);
  frames(ctx, boxes, palette);
  flags(ctx, boxes, palette);
  cursor(ctx, boxes, drawing);
}

type Box = { readonly cell: Cell; readonly x: number; readonly y: number; readonly side: number };
type Pen = CanvasRenderingContext2D;

function fills(ctx: Pen, boxes: readonly Box[], { fill, palette }: Drawing): void {
  const ramp = fill === 'deviation' ? palette.apart : palette.more;
  for (const { cell, x, y, side } of boxes) {
    ctx.fillStyle = cell.value === undefined ? palette.panel : between(ramp, share(cell.value, fill));
    ctx.fillRect(x, y, side, side);
  }
}

/** Silent: lines one way. Offline: both ways. */
function hatches(ctx: Pen, boxes: readonly Box[], palette: Palette): void {
  for (const contact of ['silent', 'offline'] as const) {
    const pattern = ctx.createPattern(hatchTile(palette.quiet, contact === 'offline'), 'repeat');
    if (!pattern) continue;
    ctx.fillStyle = pattern;
    for (const { cell, x, y, side } of boxes) if (cell.contact === contact) ctx.fillRect(x, y, side, side);
  }
}

const TILE_PX = 4;

function hatchTile(colour: string, both: boolean): HTMLCanvasElement {
  const tile = Object.assign(document.createElement('canvas'), { width: TILE_PX, height: TILE_PX });
  const ctx = tile.getContext('2d');
  if (!ctx) return tile;
  ctx.fillStyle = colour;
  for (let i = 0; i < TILE_PX; i += 1) {
    ctx.fillRect(i, TILE_PX - 1 - i, 1, 1);
    if (both) ctx.fillRect(i, i, 1, 1);
  }
  return tile;
}

/** The dash tells the mode to those who see no colour. */
function frames(ctx: Pen, boxes: readonly Box[], palette: Palette): void {
  for (const [mode, some] of Map.groupBy(boxes, ({ cell }) => cell.mode)) {
    const [colour, dash, heavy] = frameOf(mode, palette);
    const width = heavy ? Math.max(1, Math.round((some[0]?.side ?? 0) / 10)) : 1;
    ctx.setLineDash([...dash]);
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.beginPath();
    for (const { x, y, side } of some) ctx.rect(x + width / 2, y + width / 2, side - width, side - width);
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

function frameOf(mode: Cell['mode'], palette: Palette): readonly [string, readonly number[], boolean] {
  switch (mode) {
    case 'curtailed':
      return [palette.power, [], true];
    case 'observing':
      return [palette.quiet, [1, 2], false];
    case 'manual':
      return [palette.warn, [4, 2], true];
    case 'safe':
      return [palette.bad, [2, 2], true];
    case 'normal':
    case undefined:
      return [palette.rule, [], false];
  }
}

/** A corner: large for a critical alarm, small for a warning. */
function flags(ctx: Pen, boxes: readonly Box[], palette: Palette): void {
  for (const { cell, x, y, side } of boxes) {
    if (!cell.alarm) continue;
    const size = side * (cell.alarm === 'critical' ? 0.65 : 0.4);
    ctx.fillStyle = cell.alarm === 'critical' ? palette.bad : palette.warn;
    ctx.beginPath();
    ctx.moveTo(x + side, y);
    ctx.lineTo(x + side - size, y);
    ctx.lineTo(x + side, y + size);
    ctx.fill();
  }
}

function cursor(ctx: Pen, boxes: readonly Box[], { at, palette }: Drawing): void {
  const box = boxes.find(({ cell }) => cell.id === at);
  if (!box) return;
  ctx.strokeStyle = palette.text;
  ctx.lineWidth = 2;
  ctx.strokeRect(box.x - 1, box.y - 1, box.side + 2, box.side + 2);
}
