import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { policyOf } from '#test/support/pictures.ts';
import type { Rules, Stance, Standing, Weighing } from './stance.ts';
import { weigh } from './stance.ts';

const HOUR_MS = 3_600_000;
const long = Number.MIN_SAFE_INTEGER;
const at = (stance: Stance, since = long): Standing => ({ stance, since, rests: [] });
const rules = (change: Record<string, unknown> = {}): Rules => policyOf(change);
const weighing = (change: Partial<Weighing>): Weighing => ({
  energy: 50,
  breakEven: 100,
  restartCost: 0,
  place: 0,
  mayRaise: true,
  wall: 0,
  ...change,
});

const rows: [what: string, from: Stance, change: Partial<Weighing>, market: object, to: Stance][] = [
  ['a device that earns runs', 'home', { energy: 94 }, {}, 'home'],
  ['energy that costs more than it earns lets it rest', 'home', { energy: 106 }, {}, 'rest'],
  ['what coming back costs is part of the bargain', 'home', { energy: 120, restartCost: 0.2 }, {}, 'home'],
  ['and no more than that', 'home', { energy: 130, restartCost: 0.2 }, {}, 'rest'],
  ['within the margin a device that runs goes on', 'home', { energy: 104 }, {}, 'home'],
  ['and one that rests goes on resting', 'rest', { energy: 96 }, {}, 'rest'],
  ['one that rests runs again below the margin', 'rest', { energy: 94 }, {}, 'home'],
  ['a negative price lets everyone run', 'rest', { energy: -1 }, {}, 'home'],
  ['and wakes what sleeps at home only where the policy says so', 'home', { energy: -1 }, {}, 'home'],
  ['it does then', 'home', { energy: -1 }, { take_when_paid: true }, 'take'],
  ['once energy costs again, that is over', 'take', { energy: 1 }, { take_when_paid: true }, 'home'],
  ['a device of unknown earnings is left at home', 'home', { energy: 5000, breakEven: undefined }, {}, 'home'],
  ['or resting: not knowing raises nothing', 'rest', { energy: 0, breakEven: undefined }, {}, 'rest'],
  ['one that earns nothing rests at any price', 'home', { energy: 1, breakEven: 0 }, {}, 'rest'],
  ['when prices are no longer told, all go home', 'rest', { energy: undefined }, {}, 'home'],
  ['but nothing rises that may not', 'rest', { energy: 50, mayRaise: false }, {}, 'rest'],
  ['a fall needs no leave', 'home', { energy: 200, mayRaise: false }, {}, 'rest'],
];
for (const [what, from, change, market, to] of rows) {
  test(what, () => assert.equal(weigh(at(from), weighing(change), rules({ market })).stance, to));
}

test('a device stays as it is for as long as the policy says, either way', () => {
  const policy = rules({ miners: { min_off_s: 300, min_on_s: 600 } });
  const rested = (s: number) => weigh(at('home', 0), weighing({ energy: 200, wall: s * 1000 }), policy).stance;
  assert.deepEqual([599, 600].map(rested), ['home', 'rest']);
  const woken = (s: number) => weigh(at('rest', 0), weighing({ wall: s * 1000 }), policy).stance;
  assert.deepEqual([299, 300].map(woken), ['rest', 'home']);
});

test('each device takes its turn: down within a minute, up within the restore window', () => {
  const policy = rules({ limits: { restore_window_s: 900 }, miners: { min_off_s: 0, min_on_s: 0 } });
  const turn = (from: Stance, energy: number) => {
    let standing = at(from);
    for (let s = 0; ; s++) {
      standing = weigh(standing, weighing({ energy, place: 0.5, wall: s * 1000 }), policy);
      if (standing.stance !== from) return s;
    }
  };
  assert.deepEqual([turn('home', 200), turn('rest', 50)], [30, 450]);
});

test('a price that comes back before the turn has come moves nothing, and the next turn begins anew', () => {
  const policy = rules({ limits: { restore_window_s: 900 }, miners: { min_off_s: 0 } });
  let standing = at('rest');
  for (const [s, energy] of [
    [0, 50],
    [400, 200],
    [460, 50],
    [800, 50],
  ] as const) {
    standing = weigh(standing, weighing({ energy, place: 0.5, wall: s * 1000 }), policy);
    assert.equal(standing.stance, 'rest', `${s} s`);
  }
  assert.equal(weigh(standing, weighing({ place: 0.5, wall: 910_000 }), policy).stance, 'home');
});

test('a raise that the grid held back takes its turn anew when it may rise again', () => {
  const policy = rules({ limits: { restore_window_s: 900 }, miners: { min_off_s: 0 } });
  let standing = weigh(at('rest'), weighing({ place: 0.5, wall: 0 }), policy);
  standing = weigh(standing, weighing({ place: 0.5, wall: 440_000, mayRaise: false }), policy);
  standing = weigh(standing, weighing({ place: 0.5, wall: 460_000 }), policy);
  assert.equal(standing.stance, 'rest');
  assert.equal(weigh(standing, weighing({ place: 0.5, wall: 910_000 }), policy).stance, 'home');
});

test('whatever the prices do, a device rests no more often in any 24 h than the policy allows', () => {
  const policy = rules({
    limits: { restore_window_s: 0 },
    miners: { min_off_s: 0, min_on_s: 0, max_cycles_per_day: 3 },
  });
  const prices = fc.array(fc.integer({ min: -50, max: 300 }), { minLength: 50, maxLength: 200 });
  fc.assert(
    fc.property(prices, (energies) => {
      let standing = at('home');
      const began: number[] = [];
      for (const [i, energy] of energies.entries()) {
        const before = standing.stance;
        standing = weigh(standing, weighing({ energy, wall: i * HOUR_MS }), policy);
        if (standing.stance === 'rest' && before !== 'rest') began.push(i);
      }
      return began.every((hour, i) => i < 3 || hour - (began[i - 3] ?? 0) >= 24);
    }),
    { numRuns: 200 },
  );
});
