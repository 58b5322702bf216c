import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { epochMs } from '#protocol/time.ts';
import { rackEvent } from '#test/support/rack-event.ts';
import { device, toldBy, topics } from '#test/support/told-rack.ts';
import { rackStatus } from '../status/rack-status.ts';
import { formatTop } from './render.ts';
import { firstLooks, steered } from './steer.ts';

const plain = { tint: (_tint: string, text: string) => text };
const nowMs = epochMs('2026-11-21T21:00:00.600Z');
const event = (n: number) =>
  rackEvent({ why: `event ${n}: the meter's mean is under the level, and this goes on for longer than a line` });
const events = Array.from({ length: 30 }, (_, n) => event(n));
const many = Object.fromEntries(
  Array.from({ length: 40 }, (_, i) => [`device/m${i}`, { ...device, device: `m${i}`, power_w: 1000 + i }]),
);

function shown(said: Record<string, unknown>, size: { columns: number; rows: number }, change: object = {}): string[] {
  const status = rackStatus(toldBy(said));
  return formatTop({ status, seenAt: nowMs, events, ...firstLooks, nowMs, ...change }, size, plain);
}

test('on 80 columns and 24 rows: mode, watts against the line, what is left of the order, brokers, alarms, devices, events, keys', () => {
  const lines = shown(topics, { columns: 80, rows: 24 });
  assert.deepEqual(lines.slice(0, 12), [
    `rack r07  curtailed${' '.repeat(52)}21:00:00Z`,
    'power    5870 W metered, 1.0 s old; line 6000 W, 130 W below',
    `         [${'#'.repeat(58)}|] of 6000 W`,
    'orders   qse-north/ecrs holding, level 6000 W, ends in 59:59',
    'brokers  mqtt://broker connected, heard 0.3 s ago',
    'alarms   long  since 2026-11-21T21:00Z  its words go on and on and on and on an…',
    '         meter-stale  since 2026-11-21T21:00Z  no reading for 5 s',
    '',
    'DEVICE  STATE        WANT        HOME    WATTS  WHY',
    'm2      limited      limit 70 %  awake  2380 W  ecrs-a (qse-north/ecrs) wants a…',
    'm10     unreachable  limit 70 %  awake       -  it does not answer',
    '',
  ]);
  assert.equal(lines[12], 'EVENTS');
  assert.match(lines[13] ?? '', /^21:00:00Z {2}metered {9}5870 W {2}event 20: .*…$/);
  assert.equal(lines.length, 24);
  assert.equal(lines.at(-1), 'q quit  sort by [n name] w watts  s state');
});

for (const size of [
  { columns: 80, rows: 24 },
  { columns: 200, rows: 60 },
  { columns: 40, rows: 8 },
  { columns: 10, rows: 2 },
]) {
  test(`on ${size.columns} columns and ${size.rows} rows every row is filled and none runs over`, () => {
    for (const said of [topics, many, { ...topics, ...many }, {}]) {
      const lines = shown(said, size, { away: 'no agent runs here (nobody answers on /run/ballast/ballast.sock)' });
      assert.equal(lines.length, size.rows);
      for (const line of lines) assert.ok(stripVTControlCharacters(line).length <= size.columns, line);
    }
  });
}

test('of more devices than there are rows a part is shown, and arrows move on to the last and no further', () => {
  const size = { columns: 80, rows: 24 };
  const first = shown(many, size);
  assert.ok(first.some((line) => line.startsWith('m0 ')));
  assert.match(first.at(-1) ?? '', /1 to 10 of 40, arrows scroll$/);
  const end = Array.from({ length: 60 }).reduce<typeof firstLooks>((looks) => steered(looks, 'down', 40), firstLooks);
  const last = shown(many, size, end);
  assert.ok(last.some((line) => line.startsWith('m39 ')));
  assert.match(last.at(-1) ?? '', /31 to 40 of 40/);
  assert.deepEqual(steered(end, 'home', 40), firstLooks);
});

test('w puts first what draws most, s what a person must see to', () => {
  const size = { columns: 80, rows: 24 };
  const titles = (lines: string[]) => lines.findIndex((line) => line.startsWith('DEVICE'));
  const byWatts = shown(many, size, steered(firstLooks, 'w', 40));
  assert.match(byWatts[titles(byWatts) + 1] ?? '', /^m39 /);
  const byState = shown(topics, size, steered(firstLooks, 's', 2));
  assert.match(byState[titles(byState) + 1] ?? '', /^m10 .*unreachable/);
});

test('an agent that is away is said, and the ages go on', () => {
  const later = { nowMs: nowMs + 90_000, away: 'the agent closed the connection' };
  const lines = shown(topics, { columns: 80, rows: 24 }, later);
  assert.equal(lines[1], 'the agent closed the connection; seen 1:30 ago, trying again');
  assert.match(lines[2] ?? '', /5870 W metered, 91.0 s old: stale/);
  assert.match(lines.join('\n'), /ends in 58:29[\s\S]*heard 1:30 ago/);
});

test('an order past its end is over, and a broker that is not connected says since when', () => {
  const said = rackStatus(toldBy(topics, { brokers: [{ url: 'mqtts://b:8883', online: false, age_ms: 65_000 }] }));
  const at23 = { status: said, seenAt: nowMs, events: [], ...firstLooks, nowMs: epochMs('2026-11-21T23:00:00Z') };
  const lines = formatTop({ ...at23, seenAt: at23.nowMs }, { columns: 80, rows: 24 }, plain).join('\n');
  assert.match(lines, /level 6000 W, over/);
  assert.match(lines, /mqtts:\/\/b:8883 not connected, heard 1:05 ago/);
  assert.match(lines, /none since the agent started/);
});
