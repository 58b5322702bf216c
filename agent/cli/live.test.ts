import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { Interrupted } from './interrupt.ts';
import { showLive } from './live.ts';
import { Away } from './local-agent.ts';
import type { Screen } from './screen.ts';

/** A screen that keeps what is drawn, and a look that counts. */
function stage() {
  const clock = new VirtualClock();
  const drawn: string[] = [];
  let press = (_key: string) => {};
  let open = true;
  const screen: Screen = {
    size: () => ({ columns: 80, rows: 24 }),
    draw: (lines) => void drawn.push(lines.join()),
    onKey: (pressed) => {
      press = pressed;
    },
    onResize: () => {},
    close: () => {
      open = false;
    },
  };
  const abort = new AbortController();
  let looks = 0;
  let failure: Error | undefined;
  const said: string[] = [];
  const shown = showLive(
    screen,
    {
      pressed: (key) => void said.push(`key ${key}`),
      lines: () => [`look ${looks}`],
      look: async () => {
        if (failure) throw failure;
        looks += 1;
      },
      away: (why) => void said.push(why),
    },
    { clock, interrupted: abort.signal, everyMs: 2000 },
  );
  return {
    clock,
    drawn,
    said,
    shown,
    press: (key: string) => press(key),
    interrupt: () => abort.abort(new Interrupted()),
    fail: (error: Error | undefined) => {
      failure = error;
    },
    isOpen: () => open,
  };
}

test('the screen follows each look and each key, and is given back at q', async () => {
  const { clock, drawn, said, shown, press, isOpen } = stage();
  await clock.advance(4000);
  assert.equal(drawn.at(-1), 'look 2');
  press('w');
  assert.deepEqual(said, ['key w']);
  press('q');
  await shown;
  assert.ok(!isOpen());
  await clock.advance(4000);
  assert.equal(drawn.at(-1), 'look 2', 'nothing is drawn any more');
});

test('a signal ends it as q does', async () => {
  const { shown, interrupt, isOpen } = stage();
  interrupt();
  await shown;
  assert.ok(!isOpen());
});

test('an agent that is away is told once, and looked for until it is back', async () => {
  const { clock, drawn, said, press, shown, fail } = stage();
  fail(new Away('no agent runs here'));
  await clock.advance(10_000);
  assert.deepEqual(said, ['no agent runs here']);
  fail(undefined);
  await clock.advance(2000);
  assert.equal(drawn.at(-1), 'look 1');
  press('ctrl-c');
  await shown;
});

test('whatever else goes wrong gives the screen back first', async () => {
  const { clock, shown, fail, isOpen } = stage();
  const broken = assert.rejects(shown, /beyond repair/);
  fail(new Error('beyond repair'));
  await clock.advance(2000);
  await settle();
  await broken;
  assert.ok(!isOpen());
});
