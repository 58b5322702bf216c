/** Points that a model has several times, so many registers apart. */
import type { OutletWrite, Point, RegisterMap, WritePoint } from './register-map.ts';

/** The map of one of its channels, counted from 1, as if the model had no others. @throws RangeError without such a one. */
export function channelOf(map: RegisterMap, channel: number): RegisterMap {
  const { channels, ...rest } = map;
  if (!channels || channel < 1 || channel > channels.count) throw new RangeError(`${map.id} has no channel ${channel}`);
  const own = channels.points.map((point) => shifted(point, (channel - 1) * channels.stride));
  return { ...rest, points: [...map.points, ...own] };
}

/** The same point, so many registers further on. */
export function shifted(point: Point, by: number): Point {
  const { address, scale_register: scale } = point;
  return { ...point, address: address + by, ...(scale !== undefined && { scale_register: scale + by }) };
}

/** Where an outlet, counted from 1, is written. */
export function writeOf({ stride, ...first }: OutletWrite, outlet: number): WritePoint {
  const by = (outlet - 1) * stride;
  const { read_back: back } = first;
  return { ...first, address: first.address + by, ...(back && { read_back: { ...back, address: back.address + by } }) };
}
