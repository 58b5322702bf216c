import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Info } from '#protocol/telemetry.ts';
import type { Site } from '../model/site.ts';
import { emptyRack, emptySite } from '../model/site.ts';
import type { OrderForm } from './request.ts';
import { askedFor, blankForm, isTyped, phraseOf, racksInScope } from './request.ts';

const giver = { site: 'tx1', issuer: 'qse-north', program: 'ecrs' };
const form: OrderForm = { ...blankForm, amount: '40' };

const site: Site = {
  ...emptySite('tx1'),
  racks: new Map(
    ['r01', 'r02', 'r03'].map((id, i) => [
      id,
      { ...emptyRack(id), info: { rated_w: 10_000, groups: [i < 2 ? 'row-a' : 'row-b'] } as unknown as Info },
    ]),
  ),
};

test('what an operator fills in becomes the order that they mean', () => {
  const targets: [Partial<OrderForm>, unknown][] = [
    [{ amount: '33.3' }, { kind: 'ceiling', fraction: 0.333 }],
    [
      { kind: 'shed', amount: '60' },
      { kind: 'shed', fraction: 0.6 },
    ],
    [
      { to: 'rack/r02', unit: 'kilowatts', amount: '6.5' },
      { kind: 'ceiling', watts: 6500 },
    ],
    [
      { to: 'group/row-a', unit: 'together', amount: '5' },
      { kind: 'ceiling', watts: 5000, of_w: 20_000 },
    ],
    [{ kind: 'release', amount: '' }, { kind: 'release' }],
  ];
  for (const [change, target] of targets) {
    const asked = askedFor({ ...form, ...change }, giver, site);
    assert.ok(asked.kind === 'ok', JSON.stringify(asked));
    assert.deepEqual(asked.request.target, target);
  }
});

test('what cannot be meant is said at its field', () => {
  const cases: [Partial<OrderForm>, keyof OrderForm][] = [
    [{ amount: '' }, 'amount'],
    [{ amount: '-3' }, 'amount'],
    [{ amount: '101' }, 'amount'],
    [{ amount: 'many' }, 'amount'],
    [{ unit: 'kilowatts' }, 'amount'],
    [{ unit: 'together', amount: '31' }, 'amount'],
    [{ to: 'everyone' }, 'to'],
    [{ to: 'rack/r99' }, 'to'],
    [{ minutes: '0' }, 'minutes'],
    [{ deadlineS: '' }, 'deadlineS'],
  ];
  for (const [change, field] of cases) {
    const asked = askedFor({ ...form, ...change }, giver, site);
    assert.ok(asked.kind === 'bad' && asked.field === field, `${JSON.stringify(change)}: ${JSON.stringify(asked)}`);
  }
});

test('an order is confirmed by typing what it does, whatever the spaces', () => {
  const phrase = phraseOf({ target: { kind: 'ceiling', fraction: 0.4 }, to: 'all' });
  assert.equal(phrase, 'ceiling 40 % for all');
  assert.ok(isTyped('ceiling 40% for all', phrase));
  assert.ok(!isTyped('ceiling 4% for all', phrase));
  assert.ok(!isTyped('', phrase));
  assert.equal(phraseOf({ target: { kind: 'release' }, to: 'group/row-a' }), 'release for group/row-a');
  const share = phraseOf({ target: { kind: 'shed', watts: 5000, of_w: 20_000 }, to: 'group/row-a' });
  assert.equal(share, 'shed 5.0 kW of 20 kW for group/row-a');
});

test('the scope is the site, a group, or one rack', () => {
  const ids = (to: 'all' | `group/${string}` | `rack/${string}`) => racksInScope(site, to).map(({ id }) => id);
  assert.deepEqual(ids('all'), ['r01', 'r02', 'r03']);
  assert.deepEqual(ids('group/row-b'), ['r03']);
  assert.deepEqual(ids('rack/r02'), ['r02']);
});
