import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '#agent/console/model/message.ts';
import { epochMs } from '#protocol/time.ts';
import { message, SITE, said } from '#test/support/said.ts';
import { heard } from './heard.ts';
import { emptySite, isFresh } from './site.ts';
import { skewOf } from './skew.ts';
import { totals } from './totals.ts';

const START = epochMs('2026-11-21T21:00:00Z');
const at = (s: number) => START + 1000 * s;
const site = (...messages: Message[]) => heard(emptySite(SITE), messages);
const draws = (rack: string, power_w: number | null, line_w: number | null, s: number) =>
  said('power', { rack }, { power_w, line_w }, at(s));

test('watts are said of the racks that are heard from now, and the silent ones are counted', () => {
  const now = site(draws('r01', 20_000, null, 0), draws('r02', 30_000, null, 2));
  const { powerW, fresh, silent } = totals(now, at(4));
  assert.deepEqual({ powerW, fresh, silent }, { powerW: 30_000, fresh: 1, silent: 1 });
});

test('headroom is what the racks under a line have left, and the site’s line is its watts and that', () => {
  const now = site(draws('r01', 10_000, 12_000, 0), draws('r02', 30_000, null, 0), draws('r03', 13_000, 12_000, 0));
  const { powerW, lineW, headroomW, bound, over } = totals(now, at(1));
  assert.deepEqual(
    { powerW, lineW, headroomW, bound, over },
    { powerW: 53_000, lineW: 54_000, headroomW: 1_000, bound: 2, over: 1 },
  );
});

test('a rack that does not know its watts is not a rack that draws nothing', () => {
  assert.equal(totals(site(draws('r01', null, 12_000, 0)), at(1)).powerW, undefined);
  assert.equal(totals(site(draws('r01', null, 12_000, 0)), at(1)).headroomW, undefined);
});

test('what the broker kept is as old as the rack says, and no word from now', () => {
  const kept = { ...draws('r01', 20_000, null, 0), retained: true, atMs: at(100) };
  const now = site(kept);
  assert.equal(now.lastLiveMs, undefined);
  assert.equal(isFresh(now.racks.get('r01') ?? assert.fail(), at(100)), false);
  assert.equal(skewOf(now), undefined);
});

test('a browser whose clock is wrong still sees which racks are heard from', () => {
  const ahead = { ...draws('r01', 20_000, null, 0), atMs: at(40) };
  const now = site(ahead);
  assert.equal(isFresh(now.racks.get('r01') ?? assert.fail(), at(42)), true);
  assert.deepEqual(skewOf(now), { medianMs: 40_000, apart: [] });
});

test('one rack whose clock is apart from the others is named', () => {
  const late = { ...draws('r03', 1, null, 0), atMs: at(9) };
  assert.deepEqual(skewOf(site(draws('r01', 1, null, 0), draws('r02', 1, null, 0), late)), {
    medianMs: 0,
    apart: ['r03'],
  });
});

test('payloads of the wrong shape are counted with what is wrong, and change nothing else', () => {
  const before = site(draws('r01', 20_000, null, 0));
  const topic = `ballast/v1/${SITE}/rack/r01/power`;
  const after = heard(before, [
    message(topic, '{"v":1,"power_w":"many"}', at(1)),
    message(topic, 'not JSON', at(1)),
    message(`ballast/v1/${SITE}/rack/r01/colour`, '{}', at(1)),
  ]);
  assert.equal(after.misfits.count, 3);
  assert.equal(after.misfits.byTopic.get('power')?.count, 2);
  assert.deepEqual(after.misfits.byTopic.get('other')?.problem, 'is no topic of this site');
  assert.deepEqual(after.racks, before.racks);
});

test('an old will does not take a rack away that is back already', () => {
  const birth = said('state', { rack: 'r01' }, { boot: 3, connection: 2 }, at(0));
  const oldWill = said('state', { rack: 'r01' }, { status: 'offline', boot: 3, connection: 1 }, at(1));
  const will = said('state', { rack: 'r01' }, { status: 'offline', boot: 3, connection: 2 }, at(2));
  assert.equal(totals(site(birth, oldWill), at(3)).offline, 0);
  assert.equal(totals(site(birth, oldWill, will), at(3)).offline, 1);
});

test('an alarm is over when its topic is emptied', () => {
  const address = { rack: 'r01', alarm: 'clock' };
  const raised = said('alarm', address, { alarm: 'clock', since: '2026-11-21T21:00:00.000Z' }, at(0));
  const over = message(raised.topic, '', at(1));
  assert.equal(site(raised).racks.get('r01')?.alarms.size, 1);
  assert.equal(site(raised, over).racks.get('r01')?.alarms.size, 0);
});
