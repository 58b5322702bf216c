import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '#agent/console/model/message.ts';
import { epochMs } from '#protocol/time.ts';
import { SITE, said } from '#test/support/said.ts';
import { heard } from './heard.ts';
import type { Sample } from './samples.ts';
import { powerBefore, sampled } from './samples.ts';
import { emptySite } from './site.ts';

const START = epochMs('2026-11-21T21:00:00Z');
const at = (s: number) => START + 1000 * s;
/** Of a page that has been open for a while. */
const OPEN: readonly Sample[] = [{ atMs: at(-60), powerW: undefined, lineW: undefined, racks: 0 }];

test('the site is sampled once a second, and what it drew before an event is found again', () => {
  const draws = (power_w: number, s: number) =>
    heard(emptySite(SITE), [said('power', { rack: 'r1' }, { power_w }, at(s))]);
  let samples = sampled(OPEN, draws(10, 0), at(0));
  samples = sampled(samples, draws(20, 0), at(0.5));
  samples = sampled(samples, draws(30, 1), at(1));
  assert.deepEqual(
    samples.slice(1).map(({ powerW }) => powerW),
    [10, 30],
  );
  assert.equal(powerBefore(samples, at(0.9)), 10);
  assert.equal(powerBefore(samples, at(-1)), undefined);
});

test('the site does not seem to climb while its racks become known one after the other', () => {
  const draws = (rack: string, s: number) => said('power', { rack }, { power_w: 10 }, at(s));
  const there = (rack: string) => said('state', { rack }, {}, at(0));
  const open = (...turns: Message[][]) => {
    let site = emptySite(SITE);
    let samples: readonly Sample[] = [];
    for (const [s, messages] of turns.entries()) {
      site = heard(site, messages);
      samples = sampled(samples, site, at(s));
    }
    return samples.map(({ powerW }) => powerW);
  };
  assert.deepEqual(open([draws('r1', 0)], [draws('r2', 1)], []), [undefined, undefined, 20]);
  const bothThere = [there('r1'), there('r2'), draws('r1', 0)];
  assert.deepEqual(open(bothThere, [draws('r1', 1)], [draws('r2', 2)]), [undefined, undefined, 20]);
});

test('a rack that never speaks is not waited for on and on', () => {
  const site = heard(emptySite(SITE), [
    said('state', { rack: 'r2' }, {}, at(0)),
    said('power', { rack: 'r1' }, { power_w: 10 }, at(31)),
  ]);
  assert.equal(sampled(OPEN, site, at(31))[1]?.powerW, 10);
});

test('the site does not seem to fall because racks have just fallen silent', () => {
  const spoken = heard(emptySite(SITE), [
    said('power', { rack: 'r1' }, { power_w: 10 }, at(0)),
    said('power', { rack: 'r2' }, { power_w: 20 }, at(5)),
  ]);
  assert.equal(sampled(OPEN, spoken, at(6))[1]?.powerW, undefined);
  const goneForLong = heard(spoken, [said('power', { rack: 'r2' }, { power_w: 20 }, at(40))]);
  assert.equal(sampled(OPEN, goneForLong, at(41))[1]?.powerW, 20);
});
