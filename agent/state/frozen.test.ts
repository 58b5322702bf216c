import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Seconds, Watts } from '#protocol/units.ts';
import { after, inventory, miner, rackOf, seen } from '#test/support/pictures.ts';
import type { MeterReading, Observation } from './observation.ts';
import type { MeterView, Picture } from './picture.ts';
import { feedMeter } from './picture.ts';
import { freshMeter } from './staleness.ts';

const devices = ['m01', 'm02', 'm03', 'm04'].map((id) => miner(id));

/** Four miners and their meter, each heard every five seconds. */
class Rack {
  #picture: Picture = rackOf(devices);
  #s: Seconds = 0;

  constructor(meter: Partial<MeterView['facts']> = {}) {
    const facts = feedMeter(this.#picture)?.facts;
    assert.ok(facts);
    this.#picture = seen(this.#picture, after(0), inventory({ devices, meters: [{ ...facts, ...meter }] }));
  }

  /** What is told at each moment up to `untilS`; of devices, what m04 draws. */
  tells(untilS: Seconds, reading: (s: Seconds) => MeterReading, m04W: (s: Seconds) => Watts | undefined): this {
    for (; this.#s <= untilS; this.#s += 5) {
      const s = this.#s;
      const words = devices.map(({ id }): Observation => {
        const powerW = id === 'm04' ? m04W(s) : 3000;
        return { kind: 'device', device: id, reading: { faults: [], ...(powerW !== undefined && { powerW }) } };
      });
      this.#picture = seen(this.#picture, after(s), { kind: 'meter', meter: 'feed', reading: reading(s) }, ...words);
    }
    return this;
  }

  get isHeard(): boolean {
    return freshMeter(feedMeter(this.#picture), after(this.#s - 5)) !== undefined;
  }
}

const always = (reading: MeterReading) => () => reading;
const same = always({ powerW: 12_100, voltageV: 231.4 });
const full = () => 3000;
const asleep = () => 20;

test('a meter that tells the same to the last digit while a device sleeps has frozen, and its word counts no more', () => {
  const rack = new Rack().tells(120, same, full);
  assert.ok(rack.isHeard, 'a steady load is no fault');
  rack.tells(150, same, asleep);
  assert.ok(rack.isHeard, 'the device may have told of it first');
  assert.ok(!rack.tells(190, same, asleep).isHeard);
});

test('it stays frozen whatever the devices do then, and is believed again as soon as it stirs', () => {
  const rack = new Rack().tells(60, same, full).tells(150, same, asleep).tells(600, same, full);
  assert.ok(!rack.isHeard);
  // The meter tells first: only its second word here comes after the device's.
  assert.ok(!rack.tells(610, same, asleep).isHeard);
  assert.ok(rack.tells(615, always({ powerW: 12_101, voltageV: 231.4 }), full).isHeard);
});

const alive: [what: string, rack: () => Rack][] = [
  [
    'a coarse one, behind which devices have moved by less than it could be sure to show',
    () => new Rack({ resolutionW: 200 }).tells(900, always({ powerW: 12_200 }), (s) => (s < 60 ? 3000 : 2300)),
  ],
  [
    'one whose voltage stirs, whatever a device says of itself',
    () => new Rack().tells(60, same, full).tells(900, (s) => ({ powerW: 12_100, voltageV: 231 + (s % 2) }), asleep),
  ],
  [
    'one that fell before the device told of it',
    () =>
      new Rack()
        .tells(60, same, full)
        .tells(85, always({ powerW: 9120 }), full)
        .tells(900, always({ powerW: 9120 }), asleep),
  ],
  [
    'one that does not cover the device which moves',
    () => new Rack({ covers: ['m01', 'm02', 'm03'] }).tells(60, same, full).tells(900, same, asleep),
  ],
  [
    'one that stands at zero',
    () => new Rack().tells(60, always({ powerW: 0 }), full).tells(900, always({ powerW: 0 }), asleep),
  ],
  [
    'one behind which a device does not say what it draws',
    () => new Rack().tells(60, same, full).tells(900, same, () => undefined),
  ],
];
for (const [what, rack] of alive) {
  test(`${what} is taken for alive`, () => assert.ok(rack().isHeard));
}
