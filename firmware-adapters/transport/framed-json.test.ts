import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { askFramed } from './framed-json.ts';

const never = new AbortController().signal;

test('request and reply are frames: four bytes of length, lowest first, then JSON', async () => {
  const { asked, miner } = ask();
  await settle();
  assert.deepEqual(miner.read(), Buffer.from('\x0d\x00\x00\x00{"cmd":"get"}'));
  miner.write(frame('{"code":0}'));
  assert.equal(await asked, '{"code":0}');
});

test('a reply may come byte by byte, and what follows it is not read', async () => {
  const { asked, miner } = ask();
  for (const byte of Buffer.concat([frame('{"a":"é"}'), frame('late')])) miner.write(Buffer.of(byte));
  assert.equal(await asked, '{"a":"é"}');
});

test('a length beyond all replies is malformed before it is waited for', async () => {
  const { asked, miner } = ask();
  miner.write(Buffer.from('{"STATUS":"E"}'));
  await assert.rejects(asked, { kind: 'malformed', message: /announced a reply of \d+ bytes/ });
});

test('a miner that closes without a word, or in the middle, is unreachable', async () => {
  const silent = ask();
  silent.miner.end();
  await assert.rejects(silent.asked, { kind: 'unreachable', code: 'closed' });
  const cut = ask();
  cut.miner.end(frame('{"code":0}').subarray(0, 9));
  await assert.rejects(cut.asked, { kind: 'unreachable', message: /in the middle of its reply/ });
});

test('a miner that says nothing is timed out, and an aborted caller gets its own reason', async () => {
  const { asked, clock } = ask();
  const rejected = assert.rejects(asked, { kind: 'timedOut' });
  await clock.advance(5000);
  await rejected;
  const why = new Error('a cut');
  await assert.rejects(ask(AbortSignal.abort(why)).asked, why);
});

function frame(text: string): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([head, Buffer.from(text)]);
}

function ask(signal = never) {
  const clock = new VirtualClock();
  const [ours, miner] = duplexPair();
  const connect = async () => ours;
  const asked = askFramed({ host: '10.0.1.11', port: 4433, clock, connect }, { cmd: 'get' }, 5000, signal);
  return { asked, miner, clock };
}
