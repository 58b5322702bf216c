import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Demand, PlaceableGpu, PlaceRules } from './place.ts';
import { place } from './place.ts';

const gpu = (id: string, lastServed: PlaceableGpu['lastServed'] = 'rest'): PlaceableGpu => ({ id, lastServed });
const four = [gpu('g0', 'inference'), gpu('g1', 'inference'), gpu('g2', 'batch'), gpu('g3', 'batch')];
const rules: PlaceRules = { inferenceGpus: 2, spare: 0, turnS: 600, switchS: 90, idle: 'rest' };
const demand = (id: string, kind: Demand['kind'], change: Partial<Demand> = {}): Demand => ({
  id,
  kind,
  gpus: 1,
  tier: 2,
  on: [],
  waitedS: 0,
  servedS: 0,
  ...change,
});
const chat = (id: string, change?: Partial<Demand>) => demand(id, 'inference', change);
const train = (id: string, change?: Partial<Demand>) => demand(id, 'batch', change);

/** `g0 chat, g1 -`: who works where. */
function seats(demands: readonly Demand[], change: Partial<PlaceRules> = {}, gpus = four): string {
  const places = place(gpus, demands, { ...rules, ...change });
  return [...places].map(([id, { demand: who }]) => `${id} ${who ?? '-'}`).join(', ');
}

const rows: [what: string, demands: Demand[], change: Partial<PlaceRules>, expected: string][] = [
  ['nobody wants anything', [], {}, 'g0 -, g1 -, g2 -, g3 -'],
  ['each kind goes where it was set up for', [train('t'), chat('c')], {}, 'g0 c, g1 -, g2 t, g3 -'],
  [
    'batch borrows what inference leaves idle',
    [train('a'), train('b'), train('c'), train('d')],
    {},
    'g0 c, g1 d, g2 a, g3 b',
  ],
  [
    'but for the spare ones, kept for the next request',
    [train('a'), train('b'), train('c'), train('d')],
    { spare: 1 },
    'g0 c, g1 -, g2 a, g3 b',
  ],
  ['inference borrows too', [chat('a'), chat('b'), chat('c')], {}, 'g0 a, g1 b, g2 c, g3 -'],
  [
    'inference gets its own share back at once',
    [
      train('a', { on: ['g0'] }),
      train('b', { on: ['g1'] }),
      train('x', { on: ['g2'] }),
      train('y', { on: ['g3'], servedS: 5 }),
      chat('c'),
    ],
    {},
    'g0 a, g1 b, g2 x, g3 c',
  ],
  [
    'beyond its share it takes only from jobs whose turn is over',
    [
      chat('a', { on: ['g0'] }),
      chat('b', { on: ['g1'] }),
      train('x', { on: ['g2'], servedS: 100 }),
      train('y', { on: ['g3'], servedS: 700 }),
      chat('c'),
    ],
    {},
    'g0 a, g1 b, g2 x, g3 c',
  ],
  [
    'and waits where nobody’s is',
    [
      chat('a', { on: ['g0'] }),
      chat('b', { on: ['g1'] }),
      train('x', { on: ['g2'] }),
      train('y', { on: ['g3'] }),
      chat('c'),
    ],
    {},
    'g0 a, g1 b, g2 x, g3 y',
  ],
  [
    'a job that has had its turn gives way to one that has had none',
    [
      chat('a', { on: ['g0'] }),
      chat('b', { on: ['g1'] }),
      train('x', { on: ['g2'], servedS: 700 }),
      train('y', { on: ['g3'], servedS: 5000 }),
      train('z'),
    ],
    {},
    'g0 a, g1 b, g2 x, g3 z',
  ],
  [
    'not for less than the switch costs',
    [
      chat('a', { on: ['g0'] }),
      chat('b', { on: ['g1'] }),
      train('x', { on: ['g2'], servedS: 689 }),
      train('y', { on: ['g3'], servedS: 689 }),
      train('z'),
    ],
    {},
    'g0 a, g1 b, g2 x, g3 y',
  ],
  [
    'the more urgent tier is served first',
    [
      chat('a', { on: ['g0'] }),
      chat('b', { on: ['g1'] }),
      chat('c', { on: ['g2'] }),
      train('x', { tier: 3, waitedS: 900 }),
      train('y', { tier: 1 }),
    ],
    {},
    'g0 a, g1 b, g2 c, g3 y',
  ],
  [
    'the least urgent tier gives way first',
    [
      chat('a', { on: ['g0'] }),
      train('w', { on: ['g1'], tier: 1, servedS: 900 }),
      train('x', { on: ['g2'], tier: 1 }),
      train('y', { on: ['g3'], tier: 3 }),
      chat('c'),
    ],
    {},
    'g0 a, g1 w, g2 x, g3 c',
  ],
  [
    'a job that needs more than there is waits, and does not keep others from what is free',
    [train('big', { gpus: 8 }), train('small')],
    {},
    'g0 -, g1 -, g2 small, g3 -',
  ],
  [
    'a job gets all its GPUs or none',
    [chat('a', { on: ['g0'] }), train('t', { gpus: 4 })],
    {},
    'g0 a, g1 -, g2 -, g3 -',
  ],
];
for (const [what, demands, change, expected] of rows) {
  test(what, () => assert.equal(seats(demands, change), expected));
}

test('what nobody wants mines or rests, as the market has it', () => {
  assert.equal(place(four, [], { ...rules, idle: 'mining' }).get('g0')?.serves, 'mining');
  assert.equal(place(four, [], rules).get('g0')?.serves, 'rest');
});

test('every place has its reason', () => {
  const running = train('x', { on: ['g0'] });
  const places = place([gpu('g0'), gpu('g1')], [running, chat('c', { gpus: 2 })], rules);
  assert.equal(places.get('g0')?.why, 'c: of inference’s own share');
  assert.equal(place([gpu('g0')], [running], rules).get('g0')?.why, 'goes on with x');
  assert.equal(place([gpu('g0')], [], rules).get('g0')?.why, 'nobody wants it');
});

const someDemands = fc
  .array(
    fc.record({
      kind: fc.constantFrom('inference' as const, 'batch' as const),
      gpus: fc.integer({ min: 1, max: 3 }),
      tier: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
      waitedS: fc.nat(5000),
      servedS: fc.nat(5000),
    }),
    { maxLength: 12 },
  )
  .map((specs) => specs.map((spec, i): Demand => ({ ...spec, id: `d${i}`, on: [] })));
const eight = Array.from({ length: 8 }, (_, i) => gpu(`g${i}`));

/** Who is seated now, as the next decision sees them. */
function settled(demands: readonly Demand[], change: Partial<PlaceRules> = {}): Demand[] {
  const places = place(eight, demands, { ...rules, inferenceGpus: 4, ...change });
  return demands.map((each) => ({
    ...each,
    on: [...places].filter(([, { demand: who }]) => who === each.id).map(([id]) => id),
  }));
}

test('whatever is asked for, each has all its GPUs or none, and what has been placed stays placed', () => {
  fc.assert(
    fc.property(someDemands, fc.nat(2), (demands, spare) => {
      const first = settled(demands, { spare });
      for (const { on, gpus } of first) assert.ok(on.length === 0 || on.length === gpus);
      const second = settled(first, { spare });
      // Turns may have come meanwhile by what each has had; inference, once placed, is never moved.
      for (const [i, each] of first.entries()) {
        if (each.kind === 'inference' && each.on.length > 0) assert.deepEqual(second[i]?.on, each.on);
      }
    }),
  );
});

test('inference never waits while its own share would have had room for it', () => {
  const single = someDemands.map((demands) => demands.map((each) => ({ ...each, gpus: 1 })));
  fc.assert(
    fc.property(single, single, (before, then) => {
      const running = settled(before.filter(({ kind }) => kind === 'batch'));
      const asks = then.filter(({ kind }) => kind === 'inference').map((each) => ({ ...each, id: `i${each.id}` }));
      const placed = settled([...running, ...asks]).filter(({ kind, on }) => kind === 'inference' && on.length > 0);
      assert.ok(placed.length >= Math.min(asks.length, 4), `${placed.length} of ${asks.length}`);
    }),
  );
});
