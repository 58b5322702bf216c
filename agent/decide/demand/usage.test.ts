import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcceptedOrder } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import type { Seconds, Watts } from '#protocol/units.ts';
import { accepted, after, metered, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import { decide } from '../decide.ts';
import type { Memory } from '../plan.ts';
import { emptyMemory } from '../plan.ts';
import { usualW } from './usage.ts';

const FOUR_HOURS_S = 14_400;
const policy = policyOf({ baseline_window_s: FOUR_HOURS_S, limits: { restore_window_s: 0 } });
const rack = rackOf([miner('m01'), miner('m02')]);
const atOnce = { down_w_per_s: null, up_w_per_s: null };

/** A reading every ten seconds from one moment to another, each decided upon. */
class Day {
  picture: Picture = rack;
  memory: Memory = emptyMemory;
  baseline: { readonly watts: Watts; readonly method: string } | undefined;

  goes(fromS: Seconds, untilS: Seconds, powerW: Watts, rules = policy): this {
    for (let s = fromS; s < untilS; s += 10) {
      this.picture = seen(this.picture, after(s), metered(powerW));
      this.memory = decide(this.picture, rules, this.memory, after(s), RACK).memory;
      this.baseline = Object.values(this.memory.baselines)[0] ?? this.baseline;
    }
    return this;
  }

  hears(s: Seconds, order: AcceptedOrder): this {
    this.picture = seen(this.picture, after(s), { kind: 'order', accepted: order });
    return this;
  }

  says(s: Seconds, asleep: boolean): this {
    for (const device of ['m01', 'm02']) {
      this.picture = seen(this.picture, after(s), {
        kind: 'device',
        device,
        reading: { asleep, limit: 100, faults: [] },
      });
    }
    return this;
  }
}

const shed = (from: Seconds) => accepted({ kind: 'shed', fraction: 0.5 }, { from, until: from + 1800, ramp: atOnce });

test('a baseline of hours is the mean of the last hours, and says how many of them were seen', () => {
  const day = new Day()
    .goes(0, 7200, 6000)
    .goes(7200, 14_400, 5000)
    .hears(14_400, shed(14_400))
    .goes(14_400, 14_430, 5000);
  assert.equal(day.baseline?.watts, 5500);
  assert.equal(day.baseline?.method, 'metered mean of the last 4 h: 4 h without a cut');
});

test('what an event has cut is no part of the next one’s hours', () => {
  const day = new Day()
    .goes(0, 7200, 6000)
    .hears(7200, accepted({ kind: 'ceiling', fraction: 0 }, { from: 7200, until: 9000, ramp: atOnce }));
  day.goes(7200, 7210, 6000).says(7210, true).goes(7210, 9020, 150).says(9020, false).goes(9020, 10_800, 6000);
  const usual = usualW(day.memory.usage, policy, after(10_800));
  assert.equal(usual?.watts, 6000);
});

test('until hours have been seen the last minutes count', () => {
  const day = new Day().goes(0, 900, 6000).hears(900, shed(900)).goes(900, 930, 6000);
  assert.equal(day.baseline?.method, 'metered mean of the last 300 s');
});

test('a policy that asks for minutes keeps no hours', () => {
  assert.deepEqual(new Day().goes(0, 7200, 6000, policyOf()).memory.usage, { spans: [] });
});

test('hours that are behind the window, or were measured under a clock that ran ahead, count no more', () => {
  const { usage } = new Day().goes(0, 7200, 6000).memory;
  assert.equal(usualW(usage, policy, after(0)), undefined);
  assert.equal(usualW(usage, policy, after(FOUR_HOURS_S + 7200)), undefined);
});
