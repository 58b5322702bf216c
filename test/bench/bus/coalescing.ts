/** The time on the wire in which eight meters of forty points each are read once, and the least that it can be. */
import { Look } from '#adapters/modbus/look.ts';
import type { Point } from '#adapters/modbus/register-map.ts';
import type { Millis } from '#protocol/units.ts';
import { seededRandom } from '#test/support/damaging-relay.ts';
import { openLine } from './open-line.ts';
import { gapMsAt, readMsAt } from './wire-time.ts';

export type Coalescing = { tookMs: Millis; bestMs: Millis; requests: number };

const METERS = 8;
const POINTS = 40;
/** What one request may read, by the protocol. */
const MOST_REGISTERS = 125;

export async function coalescing(baud: number): Promise<Coalescing> {
  const random = seededRandom(baud);
  const meters = Array.from({ length: METERS }, () => layout(random));
  const line = await openLine(baud);
  const before = line.heard.length;
  const map = { max_registers_per_read: MOST_REGISTERS, barriers: [] };
  const looks = meters.map((points, index) => new Look({ bus: line.bus, unit: index + 1, map }).read(points));
  const readings = (await Promise.all(looks)).flatMap((reading) => [...reading.values()]);
  await line.close();
  const heard = line.heard.slice(before);
  const [first, last] = [heard[0], heard.at(-1)];
  const isWhole = readings.length === METERS * POINTS && readings.every(({ kind }) => kind === 'value');
  if (!isWhole || !first || !last) throw new Error('not every point was read');
  const bestMs = meters.reduce((sum, points) => sum + leastMs(points, baud), 0);
  return { tookMs: last.until - first.at + gapMsAt(baud), bestMs, requests: heard.length };
}

/** Values of two registers and of one, with holes as meters have them: short ones often, long ones now and then. */
function layout(random: () => number): Point[] {
  let next = Math.floor(random() * 100);
  return Array.from({ length: POINTS }, () => {
    const hole = random() < 0.6 ? 0 : Math.floor(random() * (random() < 0.8 ? 8 : 40));
    const [address, type] = [next + hole, random() < 0.7 ? 'u32' : 'u16'] as const;
    next = address + (type === 'u32' ? 2 : 1);
    return { ...anyPoint, address, type };
  });
}

const anyPoint = {
  key: 'power_w',
  table: 'input',
  word_order: 'big',
  byte_order: 'big',
  scale: 1,
  offset: 0,
  unit: 'W',
  sentinels: [],
  safe_range: [0, 2 ** 32],
  poll_class: 'normal',
} satisfies Omit<Point, 'address' | 'type'>;

/** By trying every first request, whatever it holds back meanwhile. */
function leastMs(points: readonly Point[], baud: number): Millis {
  const least = Array<Millis>(points.length + 1).fill(0);
  for (let from = points.length - 1; from >= 0; from--) {
    const ways = points.slice(from).map((last, index) => {
      const registers = last.address + (last.type === 'u32' ? 2 : 1) - (points[from]?.address ?? 0);
      if (registers > MOST_REGISTERS) return Number.POSITIVE_INFINITY;
      return readMsAt(baud, registers) + (least[from + index + 1] ?? 0);
    });
    least[from] = Math.min(...ways);
  }
  return least[0] ?? 0;
}
