import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Picture } from '#agent/state/picture.ts';
import type { DeviceStatus } from '#protocol/telemetry.ts';
import type { Seconds } from '#protocol/units.ts';
import { after, inventory, miner, rackOf, seen } from '#test/support/pictures.ts';
import { DeviceBoard } from './device-board.ts';
import type { Intent } from './telemetry.ts';

const rack = rackOf(['m01', 'm02'].map((id) => miner(id)));
const intent: Intent = { want: 'awake', why: 'home', home: 'awake', protected: false };
const intents = (m01: Partial<Intent> = {}) => new Map(Object.entries({ m01: { ...intent, ...m01 }, m02: intent }));
const draws = (before: Picture, s: Seconds, powerW: number) =>
  seen(before, after(s), { kind: 'device', device: 'm01', reading: { asleep: false, limit: 100, powerW, faults: [] } });

/** What is said at each look, as `m01 3000 awake`. */
function told(...looks: [s: Seconds, picture: Picture, wants?: Partial<Intent>][]): string[][] {
  let said: string[] = [];
  const board = new DeviceBoard('r07', {
    say: (_name, { device }: { device: string }, payload) => {
      const { power_w, want } = payload as DeviceStatus;
      said.push(`${device} ${power_w} ${want}`);
    },
    clear: (_name, { device }: { device: string }) => {
      said.push(`${device} gone`);
    },
  } as ConstructorParameters<typeof DeviceBoard>[1]);
  return looks.map(([s, picture, wants]) => {
    said = [];
    board.show(picture, intents(wants), after(s));
    return said;
  });
}

const both = ['m01 3000 awake', 'm02 3000 awake'];

test('a device is told of when it has changed, at once, and the others are not', () => {
  assert.deepEqual(told([0, rack], [0.1, draws(rack, 0.1, 2000)], [0.2, draws(rack, 0.1, 2000), { want: 'asleep' }]), [
    both,
    ['m01 2000 awake'],
    ['m01 2000 asleep'],
  ]);
});

test('watts that creep are told once they have gone far, seen from what was told', () => {
  const creep = [2980, 2960, 2930].map((powerW, i): [Seconds, Picture] => [0.1 * i + 0.1, draws(rack, 0.1, powerW)]);
  assert.deepEqual(told([0, rack], ...creep), [both, [], [], ['m01 2930 awake']]);
});

test('that nothing has been heard for long is told, though nothing happens', () => {
  assert.deepEqual(told([0, rack], [29, rack], [31, rack], [31.5, rack]), [
    both,
    [],
    ['m01 null awake', 'm02 null awake'],
    [],
  ]);
});

test('what the config no longer has is taken back', () => {
  const left = seen(rack, after(1), inventory({ devices: [miner('m02')] }));
  assert.deepEqual(told([0, rack], [0.1, left]), [both, ['m01 gone']]);
});
