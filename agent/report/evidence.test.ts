import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { emptyPicture } from '#agent/state/picture.ts';
import { canonicalBytes } from '#protocol/canonical.ts';
import { evidence as evidenceSchema } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import { MemoryStore } from '#test/support/memory-store.ts';
import { rackEvent } from './events.ts';
import type { Seal } from './evidence.ts';
import { EvidenceKeeper } from './evidence.ts';

const at = { wall: 0, mono: 0 };
const seal: Seal = async (message) => ({
  ...message,
  signature: { alg: 'Ed25519', kid: 'r07', value: 'A'.repeat(86) },
});

function keeperOn(store: MemoryStore): EvidenceKeeper {
  return new EvidenceKeeper(store.rack('r07').journal, 'r07', seal);
}

/** The nth order of an event, and a step it took. */
function takeStep(keeper: EvidenceKeeper, event: string, n = 1): void {
  const subject = { order: `o-${n}`, event, issuer: 'qse-north', program: 'ecrs', phase: 'acting' } as const;
  const step = rackEvent('order', subject, `step ${n}`, 6000, emptyPicture, at);
  keeper.step(`qse-north/${event}`, step, { id: `o-${n}`, digest: 'd' }, undefined);
}

test('the records of two events that end at once are chained, one behind the other', async () => {
  const keeper = keeperOn(new MemoryStore());
  takeStep(keeper, 'a');
  takeStep(keeper, 'b');
  const [first, second] = await Promise.all([keeper.close('qse-north/a', at), keeper.close('qse-north/b', at)]);
  assert.equal(first?.prev_hash, null);
  assert.equal(second?.prev_hash, createHash('sha256').update(canonicalBytes(first)).digest('hex'));
});

test('a disk that is full costs no record', async () => {
  const store = new MemoryStore();
  const keeper = keeperOn(store);
  takeStep(keeper, 'a');
  store.fail = true;
  assert.equal((await keeper.close('qse-north/a', at))?.event, 'a');
});

test('the record of a setpoint that was renewed all day keeps its beginning and its end, and says what it left out', async () => {
  const keeper = keeperOn(new MemoryStore());
  for (let n = 1; n <= 5000; n++) takeStep(keeper, 'a', n);
  for (let s = 0; s < 86_400; s++) keeper.sample({ powerW: 123_456, ageMs: 250 }, { wall: s * 1000, mono: s * 1000 });
  const record = evidenceSchema.parse(await keeper.close('qse-north/a', at));
  assert.deepEqual([record.steps[0]?.why, record.steps.at(-1)?.why], ['step 1', 'step 5000']);
  assert.deepEqual([record.steps.length + record.steps_left_out, record.orders_left_out], [5000, 4900]);
  assert.equal(record.samples.at(-1)?.[0].slice(0, 10), timestampOf(86_399_000).slice(0, 10));
  assert.ok(JSON.stringify(record).length < 128 * 1024);
});

test('a restart goes on with the record where it was written down', async () => {
  const store = new MemoryStore();
  takeStep(keeperOn(store), 'a', 1);
  const after = keeperOn(store);
  after.restore(store.entries('r07'));
  takeStep(after, 'a', 2);
  const record = await after.close('qse-north/a', at);
  assert.deepEqual(
    record?.steps.map(({ why }) => why),
    ['step 1', 'step 2'],
  );
  await after.sent('qse-north/a');
  assert.deepEqual([...store.entries('r07').keys()], ['evidence-head']);
});

for (const [when, lose] of [
  ['before it was sent', () => {}],
  ['while it was written down', (rows: Map<string, string>) => rows.delete('evidence-head')],
] as const) {
  test(`a record that a crash caught ${when} is sent by the next agent as it is, and the chain goes on`, async () => {
    const store = new MemoryStore();
    const before = keeperOn(store);
    takeStep(before, 'a');
    const sealed = await before.close('qse-north/a', at);
    lose(store.entries('r07'));
    const after = keeperOn(store);
    after.restore(store.entries('r07'));
    assert.deepEqual(after.takeUnsent(), [['qse-north/a', sealed]]);
    assert.deepEqual(after.takeUnsent(), []);
    takeStep(after, 'b');
    const next = await after.close('qse-north/b', at);
    assert.equal(next?.prev_hash, createHash('sha256').update(canonicalBytes(sealed)).digest('hex'));
  });
}
