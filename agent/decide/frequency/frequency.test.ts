import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeterReading, Observation } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import type { Target } from '#protocol/order.ts';
import type { Hertz, Seconds } from '#protocol/units.ts';
import { accepted, after, inventory, miner, policyOf, RACK, rackOf, seen } from '#test/support/pictures.ts';
import { decide } from '../decide.ts';
import type { Memory, Plan, Step } from '../plan.ts';
import { emptyMemory } from '../plan.ts';

const trip: Target = { kind: 'trip', below_hz: 59.7, watts: 6000, hold_s: 60 };
const droop: Target = { kind: 'droop', nominal_hz: 60, deadband_hz: 0.02, full_hz: 0.22, watts: 6000 };
const armed = { trip: 'armed', nominal_v: 230 };

/** Four miners of 3 kW behind a meter that tells the frequency to a millihertz, ten times a second. */
class Rack {
  readonly #policy;
  #picture: Picture;
  #memory: Memory = emptyMemory;
  plan: Plan | undefined;
  steps: Step[] = [];

  constructor(targets: readonly Target[], frequency: object = armed, meter: object = { frequencyResolutionHz: 0.001 }) {
    this.#policy = policyOf({ frequency, limits: { restore_window_s: 0 } });
    const devices = ['m01', 'm02', 'm03', 'm04'].map((id) => miner(id));
    const rack = rackOf(devices);
    const meters = Object.values(rack.meters).map(({ facts }) => ({ ...facts, periodMs: 100, ...meter }));
    const orders = targets.map((target, i): Observation => {
      const program = `p${i}`;
      return {
        kind: 'order',
        accepted: accepted(target, {
          id: `o-${i}`,
          program,
          event: program,
          ramp: { down_w_per_s: null, up_w_per_s: null },
        }),
      };
    });
    this.#picture = seen(rack, after(0), inventory({ devices, meters }), ...orders);
  }

  /** A reading every 100 ms up to `untilS`. */
  sees(fromS: Seconds, untilS: Seconds, at: (s: Seconds) => MeterReading): this {
    for (let tenth = Math.round(fromS * 10); tenth <= Math.round(untilS * 10); tenth++) {
      const s = tenth / 10;
      this.#picture = seen(this.#picture, after(s), { kind: 'meter', meter: 'feed', reading: at(s) });
      this.turn(s);
    }
    return this;
  }

  turn(s: Seconds): void {
    const { plan, memory } = decide(this.#picture, this.#policy, this.#memory, after(s), RACK);
    this.plan = plan;
    this.#memory = memory;
    this.steps.push(...plan.steps);
  }

  get lineW(): number | undefined {
    return this.plan?.lineW;
  }
}

/** Wavers by a millihertz, as every real meter does. */
const hz =
  (frequencyHz: Hertz, change: MeterReading = {}) =>
  (s: Seconds): MeterReading => ({
    frequencyHz: frequencyHz + ((s * 10) % 2) / 1000,
    voltageV: 231,
    ...change,
  });

test('a trip cuts its watts once two looks are too low, and its reason says how old the look was', () => {
  const rack = new Rack([trip]).sees(0, 2, hz(60)).sees(2.1, 2.1, hz(59.69));
  assert.equal(rack.lineW, undefined, 'one look is none');
  rack.sees(2.2, 2.2, hz(59.65));
  assert.equal(rack.lineW, 6100);
  assert.match(
    rack.steps.find(({ phase }) => phase === 'acting')?.why ?? '',
    /59\.65\d Hz, seen 0 ms ago, is below 59.7 Hz/,
  );
});

test('it holds for as long as is asked from the last look that was too low, and then lets the rack rise', () => {
  const rack = new Rack([trip]).sees(0, 1, hz(60)).sees(1.1, 3, hz(59.65)).sees(3.1, 62, hz(59.95));
  assert.equal(rack.lineW, 6100);
  rack.sees(62.1, 65, hz(59.95));
  assert.equal(rack.lineW, undefined);
});

test('until the policy arms it a trip only records when it would have cut, once', () => {
  const rack = new Rack([trip], { nominal_v: 230 }).sees(0, 1, hz(60)).sees(1.1, 30, hz(59.65));
  assert.equal(rack.lineW, undefined);
  const told = rack.steps.filter(({ why }) => /would cut 6000 W, and only records it: 59/.test(why));
  assert.equal(told.length, 1);
});

const doubts: [what: string, rack: () => Rack][] = [
  ['a voltage sag', () => calm().sees(2.1, 5, hz(59.5, { voltageV: 200 }))],
  ['a look without a voltage', () => calm().sees(2.1, 5, () => ({ frequencyHz: 59.5 }))],
  ['a frequency that no grid has', () => calm().sees(2.1, 5, hz(0))],
  ['one that is no number', () => calm().sees(2.1, 5, hz(Number.NaN))],
  ['a fall that no grid makes', () => calm().sees(2.1, 2.1, hz(59)).sees(2.2, 2.2, hz(60))],
  [
    'a meter that has said nothing for a second',
    () => {
      const rack = calm();
      rack.turn(3.5);
      return rack;
    },
  ],
  [
    'a meter that does not resolve it',
    () => new Rack([trip], armed, { frequencyResolutionHz: 0.1 }).sees(0, 5, hz(59.5)),
  ],
  ['a meter without frequency', () => new Rack([trip], armed, {}).sees(0, 5, hz(59.5))],
  ['a policy that does not say what a sag is', () => new Rack([trip], { trip: 'armed' }).sees(0, 5, hz(59.5))],
];
const calm = () => new Rack([trip]).sees(0, 2, hz(60));

for (const [what, rack] of doubts) {
  test(`${what} trips nothing`, () => {
    const { lineW, plan } = rack();
    assert.equal(lineW, undefined);
    assert.notEqual(plan?.frequency?.kind, undefined);
  });
}

test('sags are counted, each once however long it lasts', () => {
  const rack = calm()
    .sees(2.1, 3, hz(60, { voltageV: 190 }))
    .sees(3.1, 4, hz(60))
    .sees(4.1, 4.3, hz(60, { voltageV: 120 }));
  assert.deepEqual([rack.plan?.sags, rack.plan?.frequency?.kind], [2, 'sag']);
});

test('they are counted also while no order asks about the grid', () => {
  const rack = new Rack([])
    .sees(0, 1, hz(60))
    .sees(1.1, 1.3, hz(60, { voltageV: 190 }))
    .sees(1.4, 2, hz(60));
  assert.deepEqual([rack.plan?.sags, rack.plan?.frequency], [1, undefined]);
});

test('a trip stays while the frequency is not known', () => {
  const rack = calm().sees(2.1, 3, hz(59.6));
  rack.turn(300);
  assert.equal(rack.lineW, 6100);
});

const shares: [frequencyHz: Hertz, lineW: number | undefined][] = [
  [60, undefined],
  [59.981, undefined],
  [59.88, 12_100 - 3000],
  [59.7, 12_100 - 6000],
];
for (const [frequencyHz, lineW] of shares) {
  test(`at ${frequencyHz} Hz a droop of 6 kW leaves ${lineW ?? 'everything'}`, () => {
    const reading = { frequencyHz, voltageV: 231 };
    assert.equal(Math.round(new Rack([droop]).sees(0, 1, () => reading).lineW ?? 0), lineW ?? 0);
  });
}

test('a droop’s share ramps to zero when the meter falls silent, over half a minute', () => {
  const rack = new Rack([droop]).sees(0, 1, () => ({ frequencyHz: 59.7, voltageV: 231 }));
  const lines = [1.5, 11.5, 21.5, 45].map((s) => {
    rack.turn(s);
    return rack.lineW === undefined ? undefined : Math.round(rack.lineW);
  });
  assert.deepEqual(lines.slice(0, 1), [6100]);
  assert.ok((lines[1] ?? 0) > 6100 && (lines[2] ?? 0) > (lines[1] ?? 0), lines.join());
  assert.equal(lines[3], undefined);
});

test('a meter that has frozen moves nothing, however low it stands', () => {
  const rack = new Rack([droop]).sees(0, 60, () => ({ frequencyHz: 59.7, voltageV: 231 }));
  assert.match(rack.plan?.frequency?.kind === 'doubted' ? rack.plan.frequency.why : '', /frozen at 59.7 Hz/);
  assert.equal(rack.lineW, undefined);
});

test('droop and trip come on top of a ceiling, and of each other', () => {
  const ceiling: Target = { kind: 'ceiling', watts: 9000 };
  const small = { ...trip, watts: 2000 };
  const rack = new Rack([ceiling, small, { ...droop, watts: 1000 }]).sees(0, 1, hz(60));
  assert.equal(rack.lineW, 9000);
  rack.sees(1.1, 1.5, hz(59.6));
  assert.equal(rack.lineW, 6000);
});
