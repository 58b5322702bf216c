import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { Trajectory } from './trajectory.ts';

test('power stays during the dead time and then follows the ramp', async () => {
  const clock = new VirtualClock();
  const power = new Trajectory(clock, 3000);
  power.follow([{ afterMs: 500, to: 1000, ramp: { shape: 'linear', overMs: 2000 } }]);
  await clock.advance(500);
  assert.equal(power.value(), 3000);
  await clock.advance(1000);
  assert.equal(power.value(), 2000);
  await clock.advance(5000);
  assert.equal(power.value(), 1000);
});

test('an exponential fall is 63 % down after its time constant', async () => {
  const clock = new VirtualClock();
  const power = new Trajectory(clock, 1000);
  power.follow([{ afterMs: 0, to: 0, ramp: { shape: 'exponential', tauMs: 300 } }]);
  await clock.advance(300);
  assert.equal(Math.round(power.value()), 368);
});

test('a new order goes on from where the power is and drops what had not begun', async () => {
  const clock = new VirtualClock();
  const power = new Trajectory(clock, 0);
  power.follow([
    { afterMs: 0, to: 1000, ramp: { shape: 'linear', overMs: 1000 } },
    { afterMs: 700, to: 9000, ramp: { shape: 'linear', overMs: 0 } },
  ]);
  await clock.advance(500);
  power.follow([{ afterMs: 300, to: 0, ramp: { shape: 'linear', overMs: 800 } }]);
  assert.equal(power.value(), 500);
  await clock.advance(300);
  assert.equal(power.value(), 800);
  await clock.advance(400);
  assert.equal(power.value(), 400);
  await clock.advance(10_000);
  assert.equal(power.value(), 0);
});

test('the past can be asked for after it happened', async () => {
  const clock = new VirtualClock();
  const power = new Trajectory(clock, 100);
  await clock.advance(1000);
  power.moveTo(40);
  await clock.advance(1000);
  assert.equal(power.value(999), 100);
  assert.equal(power.value(1000), 40);
});

test('energy is the integral of power whatever the ramps', async () => {
  const clock = new VirtualClock();
  const power = new Trajectory(clock, 3000);
  power.follow([
    { afterMs: 200, to: 20, ramp: { shape: 'exponential', tauMs: 300 } },
    { afterMs: 1500, to: 2000, ramp: { shape: 'linear', overMs: 1000 } },
  ]);
  await clock.advance(4000);
  const steps = Array.from({ length: 4000 }, (_, ms) => power.value(ms + 0.5));
  const sum = steps.reduce((total, value) => total + value, 0);
  assert.ok(Math.abs(power.area() - sum) < 1e-4 * sum, `${power.area()} against ${sum}`);
});
