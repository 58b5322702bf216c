/** Through the eyes of MQTT Explorer and the dashboards of brokers: a tree of topics, and JSON whose numbers can be plotted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '#test/support/world.ts';

const RACK = 'ballast/v1/tx1/rack/r07';
/** Lists that grow and shrink with what happens: there is no place in them to plot. */
const HAPPENINGS = /\b(orders|finished|moved|faults|homes|down_curve|up_curve|learned)\b/;

type Said = { readonly topic: string; readonly leaves: readonly (readonly [path: string, value: unknown])[] };

/** Two events of two programs, a miner that vanishes and comes back, a broker that goes away, and a new agent. */
async function eventfulQuarter(): Promise<{ atStart: string[]; atEnd: string[]; said: Said[] }> {
  const world = await new World({ pdu: true, policy: { limits: { restore_window_s: 10 } } }).start();
  await world.clock.advance(15_000);
  const atStart = tree(world);
  const before = world.broker.published.length;
  const { faults } = world.rack.miner('m01');
  await world.issue({ kind: 'ceiling', fraction: 0.4 }, { forS: 100 });
  faults.silent = true;
  await world.clock.advance(40_000);
  assert.deepEqual(world.alarms(), ['alarm/device-m01']);
  faults.silent = false;
  await world.issue({ kind: 'shed', fraction: 0.2 }, { program: '4cp', event: '4cp-b', forS: 120 });
  await world.clock.advance(60_000);
  world.broker.offline();
  await world.clock.advance(15_000);
  world.broker.online();
  await world.clock.advance(15_000);
  await world.restart();
  await world.clock.advance(120_000);
  const retained = world.broker.published.slice(before).filter(({ retain, payload }) => retain && payload !== '');
  const ours = retained.filter(({ topic }) => topic.startsWith(RACK) && !topic.includes('/alarm/'));
  const atEnd = tree(world);
  await world.stop();
  return { atStart, atEnd, said: ours.map(({ topic, payload }) => ({ topic, leaves: leaves(JSON.parse(payload)) })) };
}

const quarter = eventfulQuarter();

/** Topics below the rack that hold something. */
function tree({ broker }: World): string[] {
  const topics = new Set(broker.published.filter(({ retain }) => retain).map(({ topic }) => topic));
  return [...topics].filter((topic) => topic.startsWith(RACK) && broker.retained(topic)).sort();
}

function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, path === '' ? key : `${path}.${key}`));
}

test('events, alarms, an outage and a restart leave the tree of topics as it was', async () => {
  const { atStart, atEnd } = await quarter;
  const tails = atStart.map((topic) => topic.slice(RACK.length + 1));
  assert.deepEqual(tails, ['applied', ...[1, 2, 3, 4].map((n) => `device/m0${n}`), 'health', 'info', 'power', 'state']);
  assert.deepEqual(atEnd, atStart);
});

test('a place that holds a number never holds anything else but null, and no number is told as text', async () => {
  const kinds = new Map<string, Set<string>>();
  for (const { topic, leaves } of (await quarter).said) {
    for (const [path, value] of leaves) {
      const kind = typeof value === 'string' && /^[-+]?\d+(\.\d+)?$/.test(value) ? 'number as text' : typeof value;
      const place = `${topic} ${path}`;
      if (value !== null) kinds.set(place, (kinds.get(place) ?? new Set()).add(kind));
    }
  }
  const numbers = [...kinds].filter(([, seen]) => seen.has('number'));
  assert.ok(numbers.length > 100, `${numbers.length} places hold numbers`);
  assert.deepEqual(
    [...kinds].filter(([, seen]) => seen.size > 1 || seen.has('number as text')),
    [],
  );
});

test('every figure is found where it was, in each payload of its topic', async () => {
  for (const [topic, payloads] of Map.groupBy((await quarter).said, (each) => each.topic)) {
    const paths = payloads.map(({ leaves }) => leaves.map(([path]) => path).filter((path) => !HAPPENINGS.test(path)));
    const [first, ...others] = paths.map((each) => each.join('\n'));
    assert.ok(others.length > 0, topic);
    for (const other of others) assert.equal(other, first, topic);
  }
});
