/** Many reads over a bad line: what is lost is lost, what is believed is true. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { damagedReads } from '#test/support/damaged-reads.ts';
import { damages } from '#test/support/damaging-relay.ts';

/** Some seconds of work alone; many times that on a machine that does much else. */
const patience = { timeout: 180_000 };

test(
  '50,000 reads over a line that delays, doubles, drops, cuts, flips and adds bytes give no wrong value',
  patience,
  async () => {
    const { tally, lines, counters } = await damagedReads(50_000, 2026);
    assert.equal(tally.wrong, 0);
    assert.ok(tally.lost > 1500 && tally.lost < 2500, JSON.stringify(tally));
    for (const kind of damages) {
      const times = lines.reduce((sum, { done }) => sum + done[kind], 0);
      assert.ok(times > 400, `${kind} ${times} times`);
    }
    assert.ok(counters.lateReplies > 400 && counters.crcErrors > 400, JSON.stringify(counters));
  },
);
