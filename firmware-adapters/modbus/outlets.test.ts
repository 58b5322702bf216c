import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { easyWire, noWrites } from '#test/support/easy-wire.ts';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { ModbusBus } from './bus.ts';
import { createInstrument } from './instrument.ts';
import type { Outlets } from './outlets.ts';
import { createOutlets } from './outlets.ts';
import type { OutletMap } from './register-map.ts';
import { parseRegisterMap } from './register-map.ts';
import { tcpFraming } from './tcp.ts';

const TIMEOUT_MS = 1000;
const map = gude();

function gude() {
  const text = readFileSync(new URL('maps/gude-expert-power-control.json', import.meta.url), 'utf8');
  return parseRegisterMap(text, 'gude-expert-power-control.json');
}

/** PDUs of an exchange, as hex: what is asked, and what is answered; `null` for silence. */
type Transcript = Record<string, string | null>;

/** A PDU that knows these exchanges only, and answers everything else with "illegal data address". */
function pdu(answers: (asked: string) => string | null | undefined, count = 2, change: Partial<OutletMap> = {}) {
  const clock = new VirtualClock();
  const heard: string[] = [];
  const connect = async (): Promise<Duplex> => {
    const [ours, theirs] = duplexPair();
    theirs.on('data', (bytes: Buffer) => {
      const asked = bytes.toString('hex', 7);
      heard.push(asked);
      const told = answers(asked);
      const answer = told === undefined ? `${(bytes.readUInt8(7) | 0x80).toString(16)}02` : told;
      if (answer === null) return;
      const reply = Buffer.from(answer, 'hex');
      theirs.write(Buffer.concat([bytes.subarray(0, 4), Buffer.of(0, reply.length + 1), bytes.subarray(6, 7), reply]));
    });
    return ours;
  };
  const log = { debug: () => {}, info: () => {}, warn: () => {} };
  const bus = new ModbusBus({ id: 'pdu-net', connect, framing: tcpFraming, clock, log, timeoutMs: TIMEOUT_MS });
  assert.ok(map.outlets);
  const outlets = createOutlets({
    id: 'pdu-a',
    bus,
    unit: 1,
    map,
    outlets: { ...map.outlets, count, ...change },
    clock,
  });
  return { clock, heard, bus, outlets };
}

const known = (transcript: Transcript) => (asked: string) => transcript[asked];

test('the inlet of a GUDE reads from a transcript worked out by hand', async () => {
  // 0x0402 W, 0x0404 V, 0x0408 Hz x 0.01: signed 32 bits each, high word first.
  const { bus } = pdu(known({ '0404020004': '0408' + '000004d2' + '000000e6', '0404080002': '0404' + '00001386' }));
  const { points } = await createInstrument({ id: 'pdu-a', bus, unit: 1, map }).read(['fast']);
  const values = Object.entries(points).map(([key, point]) => [key, point.kind === 'value' ? point.value : point.kind]);
  assert.deepEqual(Object.fromEntries(values), { power_w: 1234, voltage_v: 230, frequency_hz: 49.98 });
});

test('each outlet says whether it is on and what it feeds, 0x120 registers after the one before', async () => {
  const { outlets, heard } = pdu(
    known({ '0100000002': '010101', '043a020002': '0404' + '00000d48', '043b220002': '0404' + 'ffffffff' }),
  );
  const read = await outlets.read(['fast']);
  assert.deepEqual(
    read.map(({ outlet, points: { on, power_w } }) => [outlet, worth(on), worth(power_w)]),
    [
      [1, 1, 3400],
      [2, 0, -1],
    ],
  );
  assert.deepEqual(heard, ['0100000002', '043a020002', '043b220002']);
});

test('an outlet that the model lacks fails by itself', async () => {
  const { outlets } = pdu(known({ '0100000001': '010101', '043a020002': '0404' + '00000064' }));
  const [first, second] = await outlets.read(['fast']);
  assert.deepEqual([worth(first?.points.on), worth(first?.points.power_w)], [1, 100]);
  assert.deepEqual([second?.points.on?.kind, second?.points.power_w?.kind], ['failed', 'failed']);
});

/** Coils that do as they are told, or not. */
function coils(obeys: (asked: string) => boolean = () => true, lostReplies = 0) {
  const closed = new Set<number>();
  let lost = 0;
  return (asked: string): string | null | undefined => {
    const coil = Number.parseInt(asked.slice(2, 6), 16);
    if (asked.startsWith('01')) return `0101${closed.has(coil) ? '01' : '00'}`;
    if (!asked.startsWith('05')) return undefined;
    if (obeys(asked)) asked.endsWith('ff00') ? closed.add(coil) : closed.delete(coil);
    return lost++ < lostReplies ? null : asked;
  };
}

test('switching an outlet is a write to its coil, and done when the coil reads so', async () => {
  const { outlets, heard } = pdu(coils());
  await outlets.switch(2, true);
  await outlets.switch(2, false);
  assert.deepEqual(heard, ['050001ff00', '0100010001', '0500010000', '0100010001']);
});

test('an outlet that is acknowledged and does not move is refused', async () => {
  const { outlets } = pdu(coils(() => false));
  await assert.rejects(outlets.switch(1, true), {
    name: 'AdapterError',
    kind: 'refused',
    message: 'pdu-a: outlet 1 is off after it was switched on',
  });
});

test('a lost acknowledgement is made good by the coil', async () => {
  const { outlets, clock } = pdu(coils(() => true, 1));
  const switched = outlets.switch(1, true);
  await clock.advance(TIMEOUT_MS);
  await switched;
});

test('a write that was neither acknowledged nor done keeps its own error', async () => {
  const { outlets, clock } = pdu(coils(() => false, 1));
  const outcome = assert.rejects(outlets.switch(1, true), { kind: 'timedOut' });
  await clock.advance(TIMEOUT_MS);
  await outcome;
});

test('a PDU that refuses the write is not asked how the coil stands', async () => {
  const { outlets, heard } = pdu(() => '8504');
  await assert.rejects(outlets.switch(1, false), { kind: 'refused', code: 4 });
  assert.equal(heard.length, 1);
});

test('an outlet that is not there is not switched', async () => {
  const { outlets, heard } = pdu(coils());
  for (const outlet of [0, 3, 1.5]) await assert.rejects(outlets.switch(outlet, false), RangeError);
  assert.deepEqual(heard, []);
});

test('outlets that are opened together all go at once, and each is looked at afterwards', async () => {
  const { outlets, heard, clock } = pdu(coils(), 4);
  await Promise.all([1, 2, 3, 4].map((outlet) => outlets.switch(outlet, false)));
  assert.equal(clock.monotonic(), 0);
  const writes = heard.findLastIndex((asked) => asked.startsWith('05'));
  assert.deepEqual(heard.slice(writes + 1).filter((asked) => asked.startsWith('01')).length, 4);
});

test('an outlet whose look was cut short by the cut of another is looked at again', async () => {
  const obedient = coils();
  let second: Promise<void> | undefined;
  const { outlets, heard } = pdu((asked) => {
    if (asked !== '0100000001' || second) return obedient(asked);
    second = outlets.switch(2, false);
    return null;
  });
  await outlets.switch(1, false);
  await second;
  assert.deepEqual(heard, ['0500000000', '0100000001', '0500010000', '0100000001', '0100010001']);
});

test('outlets that are closed together follow each other half a second apart', async () => {
  const { outlets, heard, clock } = pdu(coils(), 3);
  const closed = [1, 2, 3].map((outlet) => outlets.switch(outlet, true));
  const writes = () => heard.filter((asked) => asked.startsWith('05')).length;
  await settle();
  assert.equal(writes(), 1);
  await clock.advance(499);
  assert.equal(writes(), 1);
  await clock.advance(1);
  assert.equal(writes(), 2);
  await clock.advance(500);
  await Promise.all(closed);
  assert.equal(writes(), 3);
});

test('an outlet stays open for its ten seconds before it is closed again', async () => {
  const { outlets, heard, clock } = pdu(coils());
  await outlets.switch(1, false);
  heard.length = 0;
  const closed = outlets.switch(1, true);
  await clock.advance(9999);
  assert.deepEqual(heard, []);
  await clock.advance(1);
  await closed;
});

test('a closing that is called off while it waits never happens', async () => {
  const { outlets, heard, clock } = pdu(coils());
  await outlets.switch(1, false);
  const abort = new AbortController();
  const outcome = assert.rejects(outlets.switch(1, true, abort.signal), /curtailed again/);
  abort.abort(new Error('curtailed again'));
  await outcome;
  await clock.advance(60_000);
  assert.equal(heard.filter((asked) => asked.startsWith('05')).length, 1);
});

function worth(point: Awaited<ReturnType<Outlets['read']>>[number]['points']['on']): number | string | undefined {
  return point?.kind === 'value' ? point.value : point?.kind;
}

test('a protected outlet is never switched, whoever asks', async () => {
  const { outlets, heard } = pdu(known({}), 2, { protected: [2] });
  await assert.rejects(outlets.switch(2, false), { kind: 'refused', message: 'pdu-a: outlet 2 is protected' });
  assert.deepEqual([outlets.canSwitch(1), outlets.canSwitch(2)], [true, false]);
  assert.deepEqual(heard, []);
});

test('outlets that are only measured are read without a coil, and say that they cannot be switched', async () => {
  const { switch: _coil, ...measured } = map.outlets ?? assert.fail('the map has outlets');
  const blind = createOutlets({
    id: 'pdu-b',
    bus: {
      ...easyWire,
      ...noWrites,
      read: async () => ({ values: [0, 1234], mono: 0 }),
    },
    unit: 1,
    map,
    outlets: { ...measured, count: 1 },
    clock: new VirtualClock(),
  });
  const [only] = await blind.read(['fast']);
  assert.deepEqual(Object.keys(only?.points ?? {}), ['power_w']);
  assert.equal(blind.canSwitch(1), false);
  await assert.rejects(blind.switch(1, false), { kind: 'unsupported', message: /only measures its outlets/ });
});
