import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unit } from './unit.ts';

/** One exchange after another with a unit, each a step in time. */
class Talk {
  readonly unit: Unit;
  now = 0;

  constructor(leastGapMs = 0) {
    this.unit = new Unit(leastGapMs);
  }

  answered(turnaroundMs = 10, restMs = 0): void {
    this.now += restMs;
    this.unit.asked(this.now);
    this.now += turnaroundMs;
    this.unit.answered(this.now, turnaroundMs);
  }

  missed(waitedMs = 600, restMs = 0): void {
    this.now += restMs;
    this.unit.asked(this.now);
    this.now += waitedMs;
    this.unit.missed(this.now, waitedMs);
  }
}

test('four time-outs in quick succession do not make a unit offline, nor do three that take long', () => {
  const quick = new Talk();
  for (let miss = 0; miss < 4; miss++) quick.missed(100);
  assert.equal(quick.unit.isOffline, false);
  const long = new Talk();
  for (let miss = 0; miss < 3; miss++) long.missed(5000);
  assert.equal(long.unit.isOffline, false);
});

test('a unit that is silent for four requests and two seconds is offline until it answers', () => {
  const talk = new Talk();
  for (let miss = 0; miss < 4; miss++) talk.missed(700);
  assert.equal(talk.unit.isOffline, true);
  talk.answered();
  assert.deepEqual([talk.unit.isOffline, talk.unit.recoveries], [false, 1]);
});

test('an offline unit is probed ever less often, and one that takes long to miss least', () => {
  const talk = new Talk();
  talk.answered(20);
  for (let miss = 0; miss < 4; miss++) talk.missed(700);
  const pauses = [];
  for (let probe = 0; probe < 5; probe++) {
    pauses.push(talk.unit.notBeforeMs(talk.now));
    talk.missed(talk.unit.patienceMs(700, 30), talk.unit.notBeforeMs(talk.now));
  }
  assert.deepEqual(pauses, [1000, 7600, 7600, 8000, 10_000]);
  assert.equal(talk.unit.notBeforeMs(talk.now + 10_000), 0);
});

test('after a miss a unit is waited for as long as it used to need, and one that never spoke as long as any', () => {
  const quick = new Talk();
  quick.answered(20);
  assert.equal(quick.unit.patienceMs(700, 30), 700);
  quick.missed(700);
  assert.equal(quick.unit.patienceMs(700, 30), 30 + 100 + 3 * 20);
  const stranger = new Talk();
  for (let miss = 0; miss < 4; miss++) stranger.missed(700);
  assert.equal(stranger.unit.patienceMs(700, 30), 700);
});

test('a new connection gives everyone another chance', () => {
  const talk = new Talk();
  for (let miss = 0; miss < 4; miss++) talk.missed(700);
  talk.unit.reconnected();
  assert.deepEqual([talk.unit.isOffline, talk.unit.notBeforeMs(talk.now), talk.unit.recoveries], [false, 0, 1]);
});

test('a unit that misses what comes soon after its answer is given more rest, until it misses no more', () => {
  const talk = new Talk();
  const neededMs = 15;
  let misses = 0;
  for (let request = 0; request < 50; request++) {
    talk.answered(10, 1000);
    const restMs = talk.unit.gapMs;
    if (restMs >= neededMs) {
      talk.answered(10, restMs);
    } else {
      misses += 1;
      talk.missed(600, restMs);
    }
  }
  assert.equal(talk.unit.gapMs, 20);
  assert.equal(misses, 9, 'three for each step: 5, 10 and 20 ms');
});

test('losses here and there do not make a unit slow, and a rest it was given in error is taken back', () => {
  const talk = new Talk();
  for (let request = 0; request < 2000; request++) {
    if (request % 50 === 0) talk.missed(600, 5);
    else talk.answered(10, 5);
  }
  assert.equal(talk.unit.gapMs, 0);
  for (let pair = 0; pair < 3; pair++) {
    talk.missed(600, 1);
    talk.answered();
  }
  assert.equal(talk.unit.gapMs, 5);
  for (let request = 0; request < 2001; request++) talk.answered(10, 5);
  assert.equal(talk.unit.gapMs, 0);
});

test('a rest that the map asks for is given from the first request on', () => {
  const talk = new Talk(50);
  talk.answered();
  assert.equal(talk.unit.restedAt - talk.now, 50);
});

test('its turnaround follows what it takes by and large', () => {
  const talk = new Talk();
  assert.equal(talk.unit.turnaroundMs, 0);
  talk.answered(20);
  assert.equal(talk.unit.turnaroundMs, 20);
  for (let request = 0; request < 50; request++) talk.answered(40);
  assert.equal(Math.round(talk.unit.turnaroundMs), 40);
});
