import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { within } from './within.ts';

const tooLate = (cause: unknown) => new Error('too late', { cause });

describe('a call that may take only so long', () => {
  test('gives what the work gives', async () => {
    assert.equal(await within(new VirtualClock(), 100, undefined, async () => 7, tooLate), 7);
  });

  test('is ended when its time is over, and its caller learns that', async () => {
    const clock = new VirtualClock();
    const call = within(clock, 100, undefined, aborted, tooLate);
    const failed = assert.rejects(call, ({ message, cause }: Error) => {
      assert.equal(message, 'too late');
      assert.equal((cause as Error).name, 'TimeoutError');
      return true;
    });
    await clock.advance(100);
    await failed;
  });

  test('ends with its caller, for the reason of its caller', async () => {
    const caller = new AbortController();
    const call = within(new VirtualClock(), 100, caller.signal, aborted, tooLate);
    caller.abort(new Error('the caller left'));
    await assert.rejects(call, { message: 'the caller left' });
  });

  test('never begins for a caller who has left', async () => {
    let begun = false;
    const work = async () => {
      begun = true;
    };
    await assert.rejects(within(new VirtualClock(), 100, AbortSignal.abort(new Error('gone')), work, tooLate), {
      message: 'gone',
    });
    assert.equal(begun, false);
  });

  test('hands on what goes wrong in time', async () => {
    const work = () => Promise.reject(new Error('no'));
    await assert.rejects(within(new VirtualClock(), 100, undefined, work, tooLate), { message: 'no' });
  });

  test('leaves neither timer nor listener behind', async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    await within(clock, 100, signal, async () => {}, tooLate);
    assert.equal(clock.pending, 0);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
});

function aborted(stop: AbortSignal): Promise<never> {
  return new Promise((_, reject) => stop.addEventListener('abort', () => reject(stop.reason), { once: true }));
}
