import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target } from '#protocol/order.ts';
import { ISSUER, issuerPolicy, SECOND_ISSUER, World } from '#test/support/world.ts';

const cut: Target = { kind: 'ceiling', fraction: 0.4 };
const north = (...keys: string[]) => ({ ...issuerPolicy, id: ISSUER, keys: keys.map((kid) => `${kid}.pub`) });
const west = { ...issuerPolicy, id: SECOND_ISSUER, keys: [`${SECOND_ISSUER}-2026.pub`] };

test('taking a key out of the policy ends its orders at once, after the rack’s own delay and by ramp', async () => {
  const limits = { restore_window_s: 60, step_up_w_per_s: 100 };
  const world = await new World({ policy: { limits } }).start();
  const order = await world.issue(cut, { forS: 3000 });
  const other = await world.issue(
    { kind: 'ceiling', fraction: 0.9 },
    { issuer: SECOND_ISSUER, event: 'w', forS: 3000 },
  );
  await world.clock.advance(60_000);
  await world.adopt({ limits, issuers: [north('qse-north-2027'), west] });
  await world.clock.advance(100);
  const { why } = world.step(order.id, 'ended');
  assert.match(why, /^key qse-north-2026 was revoked; this rack rises in \d+ s$/);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  await world.clock.advance(75_000);
  const line = world.says('power').line_w;
  assert.equal(line, 10_800, 'the other issuer’s order still binds');
  await world.clock.advance(60_000);
  assert.equal(world.phases(other.id).at(-1), 'holding');
  assert.ok(world.phases(order.id).includes('restored'));

  await world.publish(order);
  assert.equal(world.events.at(-1)?.code, 'unknown_key');
  await world.stop();
});

test('what a revoked key has said last does not stand in the way of its issuer’s next key', async () => {
  const world = await new World().start();
  // A thief’s last word: no seq could ever follow it.
  await world.issue({ kind: 'ceiling', fraction: 0 }, { seq: Number.MAX_SAFE_INTEGER });
  await world.clock.advance(30_000);
  await world.adopt({ issuers: [north('qse-north-2027')] });
  const { id } = await world.issue(cut, { kid: 'qse-north-2027', event: 'ecrs-b' });
  await world.clock.advance(200_000);
  assert.equal(world.says('power').line_w, 4800);
  assert.equal(world.says('applied').orders.at(-1)?.order, id);
  await world.stop();
});

test('a second key of an issuer ends nothing that was signed with the first', async () => {
  const world = await new World().start();
  const first = await world.issue(cut);
  await world.clock.advance(30_000);
  await world.adopt({ issuers: [north('qse-north-2026', 'qse-north-2027')] });
  await world.clock.advance(5000);
  assert.equal(world.phases(first.id).at(-1), 'holding');
  const { id } = await world.issue({ kind: 'ceiling', fraction: 0.9 }, { kid: 'qse-north-2027' });
  await world.clock.advance(5000);
  assert.equal(world.says('power').line_w, 10_800);
  assert.ok(world.phases(id).includes('acting'));
  await world.stop();
});

/** A policy for silence of four minutes. */
const silent = (how: string) => ({
  // biome-ignore lint/suspicious/noThenProperty: a word of the policy file; nobody awaits it.
  silence: { after_s: 240, then: how },
  limits: { restore_window_s: 60, min_w: 500 },
});

test('an issuer that falls silent is held to its word until the end of its order, if the policy says hold', async () => {
  const world = await new World({ policy: silent('hold') }).start();
  const { id } = await world.issue(cut, { forS: 900 });
  await world.clock.advance(890_000);
  assert.equal(world.phases(id).at(-1), 'holding');
  await world.clock.advance(100_000);
  assert.deepEqual(world.phases(id).slice(-2), ['ended', 'restored']);
  await world.stop();
});

test('an issuer that falls silent is let go if the policy says home, and bound to again once it speaks', async () => {
  const world = await new World({ policy: silent('home') }).start();
  const order = await world.issue(cut, { forS: 3000 });
  for (let i = 0; i < 5; i++) {
    await world.clock.advance(60_000);
    await world.publish(order);
  }
  assert.deepEqual(world.asleep(), ['m03', 'm04'], 'its republication is enough');
  await world.clock.advance(239_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  await world.clock.advance(240_000);
  assert.deepEqual(world.asleep(), []);
  assert.match(world.step(order.id, 'ended').why, /^nothing was heard of it for 240 s/);
  assert.equal(world.phases(order.id).at(-1), 'restored');

  await world.publish(order);
  await world.clock.advance(60_000);
  assert.deepEqual(world.asleep(), ['m03', 'm04']);
  assert.equal(world.phases(order.id).at(-1), 'holding');
  await world.stop();
});

test('an issuer that falls silent leaves the rack at its minimum until the end of its order, if the policy says curtail', async () => {
  const world = await new World({ policy: silent('curtail') }).start();
  const { id } = await world.issue(cut, { forS: 900 });
  await world.clock.advance(239_000);
  assert.equal(world.says('power').line_w, 4800);
  await world.clock.advance(90_000);
  assert.equal(world.says('power').line_w, 500);
  assert.deepEqual(world.asleep(), ['m01', 'm02', 'm03', 'm04']);
  await world.clock.advance(700_000);
  assert.equal(world.phases(id).at(-1), 'restored');
  assert.deepEqual(world.asleep(), []);
  await world.stop();
});
