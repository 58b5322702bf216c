/** A bus of RTU units over lines that misbehave. Nothing in a reply says which request it answers. */
import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import type { RtuAsked } from '#test/support/rtu-peer.ts';
import { ownAddresses, rtuFrame, rtuRequestsIn } from '#test/support/rtu-peer.ts';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import type { ModbusBusOptions } from './bus.ts';
import { ModbusBus } from './bus.ts';
import { rtuFraming, rtuOverTcpFraming } from './rtu.ts';

const TIMEOUT_MS = 500;
/** 3.5 characters at 9600 baud, rounded up. */
const GAP_MS = 5;

type Line = { write(bytes: Buffer): void; clock: VirtualClock };
type Units = (asked: RtuAsked, line: Line, index: number) => void;

function rig(units: Units, options: Partial<ModbusBusOptions> = {}) {
  const clock = new VirtualClock();
  const asked: (RtuAsked & { at: number })[] = [];
  const lines: Duplex[] = [];
  const connect = async () => {
    const [ours, theirs] = duplexPair();
    lines.push(theirs);
    theirs.on('error', () => {});
    theirs.on('data', (bytes: Buffer) => {
      for (const each of rtuRequestsIn(bytes)) {
        asked.push({ ...each, at: clock.monotonic() });
        units(each, { write: (reply) => theirs.write(reply), clock }, asked.length - 1);
      }
    });
    return ours;
  };
  const log = { debug: () => {}, info: () => {}, warn: () => {} };
  const bus = new ModbusBus({
    id: 'rtu1',
    connect,
    framing: rtuFraming(9600),
    clock,
    log,
    timeoutMs: TIMEOUT_MS,
    ...options,
  });
  const read = async (address: number, unit = 1) => (await bus.read(unit, 'holding', address, 1)).values[0];
  return { bus, clock, asked, lines, read };
}

/** Lets time pass until `work` is settled. */
async function during<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let done = false;
  const settled = work.finally(() => {
    done = true;
  });
  settled.catch(() => {});
  for (let ms = 0; !done && ms < 10_000; ms++) await clock.advance(1);
  return await settled;
}

const honest: Units = (asked, line) => line.write(ownAddresses(asked));

test('units on one line are read one after the other, a silence between them', async () => {
  const { clock, asked, read } = rig(honest);
  const reads = [read(10, 1), read(20, 2), read(30, 3)];
  assert.deepEqual(await during(clock, Promise.all(reads)), [10, 20, 30]);
  const [first = 0, second = 0, third = 0] = asked.map(({ at }) => at);
  assert.ok(second - first > 4 && third - second > 4, `${first} ${second} ${third}`);
});

test('a late reply is not the next answer', async () => {
  const { bus, clock, read } = rig((asked, line, index) => {
    if (index === 0) line.clock.after('late', TIMEOUT_MS + 60, () => line.write(ownAddresses(asked)));
    else line.write(ownAddresses(asked));
  });
  await assert.rejects(during(clock, read(11)), { kind: 'timedOut' });
  assert.equal(await during(clock, read(22)), 22);
  assert.equal(bus.counters.lateReplies, 1);
});

test('a late reply that noise surrounds is not the next answer either', async () => {
  const { clock, read } = rig((asked, line, index) => {
    const noisy = Buffer.concat([Buffer.of(1, 3), ownAddresses(asked), Buffer.of(0)]);
    if (index === 0) line.clock.after('late', TIMEOUT_MS + 300, () => line.write(noisy));
    else line.write(ownAddresses(asked));
  });
  await assert.rejects(during(clock, read(11)), { kind: 'timedOut' });
  assert.equal(await during(clock, read(22)), 22);
});

test('after a reply that never came, a request that it could answer waits until it cannot come any more', async () => {
  const { clock, asked, read } = rig((each, line, index) => {
    if (index > 0) line.write(ownAddresses(each));
  });
  await assert.rejects(during(clock, read(11)), { kind: 'timedOut' });
  assert.equal(await during(clock, read(22)), 22);
  const [first = 0, second = 0] = asked.map(({ at }) => at);
  assert.ok(second - first >= 2 * TIMEOUT_MS, `${second - first} ms`);
});

test('behind a serial server, what a stalled network delivers seconds late is not the next answer', async () => {
  const { clock, asked, read } = rig(
    (each, line, index) => {
      if (index === 0) line.clock.after('stall', 4500, () => line.write(ownAddresses(each)));
      else line.write(ownAddresses(each));
    },
    { framing: rtuOverTcpFraming(9600) },
  );
  await assert.rejects(during(clock, read(11)), { kind: 'timedOut' });
  assert.equal(await during(clock, read(22)), 22);
  assert.ok((asked[1]?.at ?? 0) > 4500);
});

test('a unit that does not answer delays the others by a turnaround, not by all that its reply might take', async () => {
  const { clock, asked, read } = rig((each, line) => {
    if (each.unit !== 9) line.write(ownAddresses(each));
  });
  await assert.rejects(during(clock, read(11, 9)), { kind: 'timedOut' });
  assert.equal(await during(clock, read(22, 1)), 22);
  const [first = 0, second = 0] = asked.map(({ at }) => at);
  assert.equal(Math.round(second - first), TIMEOUT_MS + 100);
});

test('the late reply of another unit does not answer for this one', async () => {
  const { clock, read } = rig((asked, line, index) => {
    if (index === 0) line.clock.after('late', TIMEOUT_MS + 102, () => line.write(ownAddresses(asked)));
    else line.clock.after('think', 20, () => line.write(ownAddresses(asked)));
  });
  await assert.rejects(during(clock, read(11, 9)), { kind: 'timedOut' });
  assert.equal(await during(clock, read(22, 1)), 22);
});

test('a duplicated reply does not answer the next request', async () => {
  const { bus, clock, read } = rig((asked, line) => {
    const reply = ownAddresses(asked);
    line.write(Buffer.concat([reply, reply]));
  });
  for (let address = 0; address < 20; address++) assert.equal(await during(clock, read(address)), address);
  assert.equal(bus.counters.lateReplies, 20);
});

test('a request waits for a duplicate that still trickles in', async () => {
  const { clock, asked, read } = rig((asked, line) => {
    const reply = ownAddresses(asked);
    line.write(reply);
    for (const [index, byte] of reply.entries()) {
      line.clock.after('byte', (index + 1) * (GAP_MS - 1.5), () => line.write(Buffer.of(byte)));
    }
  });
  for (let address = 0; address < 5; address++) assert.equal(await during(clock, read(address)), address);
  const [first = 0, second = 0] = asked.map(({ at }) => at);
  assert.ok(second - first > 7 * (GAP_MS - 1.5) + 4, `${second - first} ms`);
});

/** Units that think for 30 ms. The copy of the first reply is held up until the next request has gone out. */
const copyHeldUp: Units = (asked, line, index) => {
  line.clock.after('think', 30, () => line.write(ownAddresses(asked)));
  if (index === 0) line.clock.after('copy', 30 + 2 * GAP_MS, () => line.write(ownAddresses(asked)));
};

test('a duplicate that was held up until the next request had gone out does not answer it', async () => {
  const { bus, clock, asked, read } = rig(copyHeldUp);
  assert.equal(await during(clock, read(11)), 11);
  assert.equal(await during(clock, read(22)), 22);
  assert.deepEqual(
    asked.map(({ address }) => address),
    [11, 22, 22],
  );
  assert.ok(bus.counters.lateReplies > 0);
});

test('reads that run one reply behind do not take it along to another register', async () => {
  let value = 100;
  const { clock, read } = rig((asked, line, index) => {
    // A meter whose register 1 changes with every reply, and whose other registers hold their own address.
    const words = asked.address === 1 ? value++ : asked.address;
    const reply = rtuFrame(1, `0302${words.toString(16).padStart(4, '0')}`);
    line.clock.after('think', 12, () => line.write(reply));
    if (index === 0) line.clock.after('copy', 12 + GAP_MS + 4, () => line.write(reply));
  });
  const values = [];
  for (let poll = 0; poll < 40; poll++) values.push(await during(clock, read(1)));
  assert.deepEqual(values.slice(0, 3), [100, 100, 101]);
  assert.equal(await during(clock, read(7)), 7);
  assert.equal(await during(clock, read(1)), value - 1);
});

test('two registers that hold the same are read one after the other, at the cost of asking twice', async () => {
  const { clock, asked, read } = rig((_asked, line) => line.write(rtuFrame(1, '03020000')));
  assert.deepEqual([await during(clock, read(1)), await during(clock, read(2))], [0, 0]);
  assert.deepEqual(
    asked.map(({ address }) => address),
    [1, 2, 2],
  );
});

test('two registers that hold the same are asked once each when there is time in between', async () => {
  const { clock, asked, read } = rig((_asked, line) => line.write(rtuFrame(1, '03020000')));
  assert.equal(await during(clock, read(1)), 0);
  await clock.advance(100);
  assert.equal(await during(clock, read(2)), 0);
  assert.equal(asked.length, 2);
});

test('a register that does not change is read again and again at full speed', async () => {
  const { clock, asked, read } = rig((_asked, line) => line.write(rtuFrame(1, '03020000')));
  for (let poll = 0; poll < 10; poll++) await during(clock, read(1));
  assert.equal(asked.length, 10);
  assert.ok(clock.monotonic() <= 10 * GAP_MS, `${clock.monotonic()} ms`);
});

test('a leading noise byte does not lose the reply', async () => {
  const { bus, clock, read } = rig((asked, line) =>
    line.write(Buffer.concat([Buffer.of(asked.unit), ownAddresses(asked)])),
  );
  assert.equal(await during(clock, read(33)), 33);
  assert.deepEqual([bus.counters.replies, bus.counters.crcErrors, bus.counters.timeouts], [1, 1, 0]);
});

test('a reply for another unit is not believed', async () => {
  const { bus, clock, read } = rig((asked, line, index) =>
    line.write(ownAddresses({ ...asked, unit: index === 0 ? 2 : 1 })),
  );
  await assert.rejects(during(clock, read(5)), { kind: 'timedOut' });
  assert.equal(await during(clock, read(5)), 5);
  assert.equal(bus.counters.foreignReplies, 1);
});

test('a cut that aborts a read goes out when the read is answered, and is not taken for read', async () => {
  const { bus, clock, asked, read } = rig((each, line) => {
    if (each.functionCode === 5) line.write(rtuFrame(1, '0500010000'));
    else line.clock.after('think', 30, () => line.write(ownAddresses(each)));
  });
  const aborted = assert.rejects(read(11), { name: 'Preempted' });
  await clock.advance(10);
  await during(clock, bus.writeCoil(1, 1, false, 'lower'));
  await aborted;
  const [first = 0, second = 0] = asked.map(({ at }) => at);
  assert.ok(second - first >= 30 && second - first < 40, `${second - first} ms`);
});

test('a cut that aborts a read of a silent unit waits a turnaround, not a time-out', async () => {
  const { bus, clock, asked, read } = rig((each, line) => {
    if (each.functionCode === 5) line.write(rtuFrame(1, '0500010000'));
  });
  const aborted = assert.rejects(read(11), { name: 'Preempted' });
  await clock.advance(10);
  await during(clock, bus.writeCoil(1, 1, false, 'lower'));
  await aborted;
  const [first = 0, second = 0] = asked.map(({ at }) => at);
  assert.ok(second - first <= 106, `${second - first} ms`);
});

test('an exception of a request that was given up does not refuse the next one', async () => {
  const { bus, clock } = rig((_asked, line, index) => {
    if (index === 0) line.clock.after('late', 250, () => line.write(rtuFrame(1, '8502')));
    else line.write(rtuFrame(1, '050002ff00'));
  });
  const abort = new AbortController();
  const calledOff = assert.rejects(bus.writeCoil(1, 1, true, 'raise', abort.signal), /called off/);
  await clock.advance(50);
  abort.abort(new Error('called off'));
  await during(clock, calledOff);
  await during(clock, bus.writeCoil(1, 2, true, 'raise'));
});

test('a reply of before the line broke does not answer a request of after', async () => {
  const { clock, lines, read } = rig((asked, line, index) => {
    const reply = () => lines.at(-1)?.write(ownAddresses(asked));
    if (index === 0) lines[0]?.destroy();
    line.clock.after('late', index === 0 ? TIMEOUT_MS + 200 : 300, reply);
  });
  await assert.rejects(during(clock, read(11)), { kind: 'unreachable' });
  await clock.advance(TIMEOUT_MS - clock.monotonic());
  assert.equal(await during(clock, read(22)), 22);
  assert.equal(lines.length, 2);
});

test('a busy process reads what came in before it asks anew', async () => {
  const { bus, clock, read } = rig(honest);
  assert.equal(await during(clock, read(1)), 1);
  const sleeps: number[] = [];
  const { sleep } = clock;
  clock.sleep = (ms, signal) => {
    sleeps.push(ms);
    return sleep(sleeps.length === 1 ? 200 : ms, signal);
  };
  assert.equal(await during(clock, read(2)), 2);
  assert.deepEqual(sleeps.map(Math.ceil), [GAP_MS, GAP_MS]);
  await bus.stop();
});

test('a unit that needs a rest between two requests gets it, and the others need not wait for it', async () => {
  const { clock, asked, read } = rig(honest, { unitGapMs: new Map([[1, 50]]) });
  await during(clock, read(1, 1));
  await during(clock, read(2, 2));
  await during(clock, read(3, 1));
  const [first = 0, second = 0, third = 0] = asked.map(({ at }) => at);
  assert.ok(second - first < 10, `${second - first} ms`);
  assert.ok(third - first >= 50, `${third - first} ms`);
});

test('a unit whose reply may still come holds up itself, not the others', async () => {
  const { clock, asked, read } = rig((each, line) => {
    if (each.unit !== 9) line.write(ownAddresses(each));
  });
  await assert.rejects(during(clock, read(11, 9)), { kind: 'timedOut' });
  const again = read(12, 9).catch(() => {});
  for (let address = 0; address < 10; address++) assert.equal(await during(clock, read(address, 1)), address);
  assert.deepEqual(
    asked.map(({ unit }) => unit),
    [9, ...Array<number>(10).fill(1)],
  );
  await during(clock, again);
});

test('a fast point goes before slow ones that asked earlier', async () => {
  const { bus, clock, asked } = rig(honest);
  const reads = [1, 2, 3].map((address) => bus.read(1, 'holding', address, 1, undefined, 'slow'));
  await clock.advance(5);
  reads.push(bus.read(2, 'holding', 9, 1, undefined, 'fast'));
  await during(clock, Promise.all(reads));
  assert.deepEqual(
    asked.map(({ address }) => address),
    [1, 9, 2, 3],
  );
});

test('a bus knows how loaded it is, and how long its units think', async () => {
  const { bus, clock, read } = rig((asked, line) => {
    line.clock.after('think', 40, () => line.write(ownAddresses(asked)));
  });
  for (let poll = 0; poll < 110; poll++) {
    await during(clock, read(1));
    await clock.advance(50);
  }
  const { loadPercent, turnaroundMs } = bus.health;
  assert.ok(loadPercent > 42 && loadPercent < 52, `${loadPercent} %`);
  // Its reply is there at once when it comes, so the 22 ms that a wire would have taken are in its 40.
  assert.ok(turnaroundMs > 18 && turnaroundMs < 24, `${turnaroundMs} ms`);
});

test('a read that is called off while the line must stay silent never goes out', async () => {
  const { clock, asked, read, bus } = rig(() => {});
  await assert.rejects(during(clock, read(11)), { kind: 'timedOut' });
  const abort = new AbortController();
  const calledOff = assert.rejects(bus.read(1, 'holding', 22, 1, abort.signal), /called off/);
  await clock.advance(50);
  abort.abort(new Error('called off'));
  await calledOff;
  await clock.advance(5000);
  assert.deepEqual(
    asked.map(({ address }) => address),
    [11],
  );
  assert.equal(clock.pending, 0);
});

test('the broadcast unit is refused before a byte goes out', async () => {
  const { bus, clock, asked } = rig(honest);
  await assert.rejects(during(clock, bus.writeCoil(0, 1, false, 'lower')), RangeError);
  await settle();
  assert.deepEqual(asked, []);
});
