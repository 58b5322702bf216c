/** Many reads over a bad line: what is lost is lost, what is believed is true. */
import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import type { Line } from '#test/support/damaging-relay.ts';
import { damages, damagingRelay, seededRandom } from '#test/support/damaging-relay.ts';
import { ownAddresses, rtuRequestsIn } from '#test/support/rtu-peer.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { AdapterError } from '../errors.ts';
import { ModbusBus } from './bus.ts';
import { rtuFraming } from './rtu.ts';

const timeoutMs = 300;
/** As late as a reply is thought possible at all, and not a moment less. */
const delayMs = [timeoutMs, 2 * timeoutMs] as const;

function rig(seed: number) {
  // Nothing here needs the event loop twice: 50,000 reads are a few seconds then.
  const clock = new VirtualClock(0, 1);
  const random = seededRandom(seed);
  const shares = Object.fromEntries(damages.map((kind) => [kind, 0.01]));
  const lines: Line[] = [];
  const connect = async () => {
    const [ours, nearEnd] = duplexPair();
    const [farEnd, units] = duplexPair();
    units.on('data', (bytes: Buffer) => {
      for (const asked of rtuRequestsIn(bytes)) units.write(ownAddresses(asked));
    });
    lines.push(damagingRelay(nearEnd, farEnd, { clock, damage: { shares, delayMs, random } }));
    return ours;
  };
  const log = { debug: () => {}, info: () => {}, warn: () => {} };
  const bus = new ModbusBus({
    id: 'rtu1',
    connect,
    framing: rtuFraming(19_200),
    clock,
    log,
    timeoutMs,
  });
  return { clock, random, lines, bus };
}

test('50,000 reads over a line that delays, doubles, drops, cuts, flips and adds bytes give no wrong value', async () => {
  const { clock, random, lines, bus } = rig(2026);
  const seen = { right: 0, wrong: 0, lost: 0, calledOff: 0 };
  const below = (limit: number) => Math.floor(random() * limit);

  const readOnce = async () => {
    // Few units, and counts that are mostly alike: that is where one reply could pass for another.
    const [unit, address, count] = [1 + below(2), below(1000), 1 + below(2)];
    const abort = new AbortController();
    if (random() < 0.01) clock.after('called off', 1 + below(5), () => abort.abort());
    try {
      const { values } = await bus.read(unit, 'input', address, count, abort.signal);
      const right = values.every((value, index) => value === address + index) && values.length === count;
      seen[right ? 'right' : 'wrong'] += 1;
    } catch (error) {
      if (error instanceof AdapterError) assert.equal(error.kind, 'timedOut');
      seen[abort.signal.aborted ? 'calledOff' : 'lost'] += 1;
    }
  };

  let done = false;
  const readAll = async () => {
    for (let read = 0; read < 50_000; read++) await readOnce();
    done = true;
  };
  const reading = readAll();
  while (!done) await clock.advance(60_000);
  await reading;

  assert.equal(seen.wrong, 0);
  assert.ok(seen.lost > 1500 && seen.lost < 2500, JSON.stringify(seen));
  for (const kind of damages) {
    const times = lines.reduce((sum, { done: byKind }) => sum + byKind[kind], 0);
    assert.ok(times > 400, `${kind} ${times} times`);
  }
  assert.ok(bus.counters.lateReplies > 400 && bus.counters.crcErrors > 400, JSON.stringify(bus.counters));
});
