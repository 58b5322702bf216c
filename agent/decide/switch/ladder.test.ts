import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RestStep } from '#agent/state/observation.ts';
import { stepFor } from './ladder.ts';

const sleep: RestStep = { name: 'sleep', takesS: 35, lostS: 6 };
const checkpoint: RestStep = { name: 'checkpoint', takesS: 60, lostS: 61 };
const freeze: RestStep = { name: 'freeze', takesS: 0.1, lostS: 0 };
const stop: RestStep = { name: 'stop', takesS: 10, lostS: 1800 };

const rows: [what: string, steps: RestStep[], haveS: number, chosen: string | undefined][] = [
  ['with time for all, the one that loses least', [sleep, checkpoint, stop], 600, 'sleep'],
  ['freezing loses nothing, where it is offered', [sleep, freeze, stop], 600, 'freeze'],
  ['what is not done in time is passed over, whatever it costs', [sleep, checkpoint, stop], 20, 'stop'],
  ['with no time for any, the fastest', [sleep, checkpoint, stop], 5, 'stop'],
  ['of equals the first', [{ ...stop, name: 'checkpoint' }, stop], 600, 'checkpoint'],
  ['none where none is offered', [], 600, undefined],
];

for (const [what, steps, haveS, chosen] of rows) test(what, () => assert.equal(stepFor(steps, haveS), chosen));
