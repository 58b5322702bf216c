import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SendWindow } from './send-window.ts';

/** A wire that acknowledges when told. */
function wire() {
  const sent: string[] = [];
  const acks = new Map<string, (acknowledged: boolean) => void>();
  const send = (name: string) => (done: (acknowledged: boolean) => void) => {
    sent.push(name);
    acks.set(name, done);
  };
  return { sent, send, ack: (name: string, acknowledged = true) => acks.get(name)?.(acknowledged) };
}

test('a broker that takes two at a time never sees a third before a PUBACK', async () => {
  const { sent, send, ack } = wire();
  const window = new SendWindow(2, 10);
  const results = ['a', 'b', 'c'].map((name) => window.run(send(name)));
  assert.deepEqual(sent, ['a', 'b']);
  ack('a');
  assert.deepEqual(sent, ['a', 'b', 'c']);
  ack('b', false);
  ack('c');
  assert.deepEqual(await Promise.all(results), [true, false, true]);
});

test('a publish beyond the capacity is turned away at once', async () => {
  const { sent, send } = wire();
  const window = new SendWindow(1, 2);
  void window.run(send('a'));
  void window.run(send('b'));
  assert.equal(await window.run(send('c')), false);
  assert.deepEqual(sent, ['a']);
});

test('what was under way when the session ended is not acknowledged and never sent', async () => {
  const { sent, send, ack } = wire();
  const window = new SendWindow(1, 10);
  const results = [window.run(send('a')), window.run(send('b'))];
  window.close();
  ack('a');
  assert.deepEqual(await Promise.all(results), [false, false]);
  assert.equal(await window.run(send('c')), false);
  assert.deepEqual(sent, ['a']);
});
