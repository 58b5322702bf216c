import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '#agent/console/model/message.ts';
import type { Phase } from '#protocol/lifecycle.ts';
import type { AppliedOrder } from '#protocol/telemetry.ts';
import { epochMs, timestampOf } from '#protocol/time.ts';
import { ordered, SITE, said } from '#test/support/said.ts';
import type { Stage } from './funnel.ts';
import { funnelOf, reasonIn, stages } from './funnel.ts';
import { heard } from './heard.ts';
import type { Site } from './site.ts';
import { emptySite } from './site.ts';

const START = epochMs('2026-11-21T21:00:00Z');
const at = (s: number) => START + 1000 * s;
const site = (...messages: Message[]) => heard(emptySite(SITE), messages);
const here = (rack: string, ...groups: string[]) => said('info', { rack }, { groups }, at(0));
const tells = (rack: string, phase: Phase, s: number) => said('event', { rack }, { phase }, at(s));
const retains = (rack: string, phase: Phase, order: Partial<AppliedOrder> = {}) =>
  said(
    'applied',
    { rack },
    { rack, orders: [{ ...applied, phase, reached: { [phase]: timestampOf(at(1)) }, ...order }] },
    at(2),
  );

const applied: AppliedOrder = {
  order: 'order-1',
  event: 'ecrs-1',
  issuer: 'qse-north',
  program: 'ecrs',
  phase: 'received',
  level_w: 16_000,
  until: timestampOf(at(1800)),
  baseline_w: 38_000,
  baseline_method: 'metered',
  reached: {},
  short: [],
};

/** The stages that are not empty, with their racks. */
function filled(of: Site, s: number): Partial<Record<Stage, string>> {
  const event = of.events.get('qse-north/ecrs-1') ?? assert.fail('no such event');
  const funnel = funnelOf(of, event, at(s));
  return Object.fromEntries(
    stages.flatMap((stage) => (funnel[stage].length ? [[stage, funnel[stage].join(' ')]] : [])),
  );
}

test('every rack counts in each stage that it has reached, and in none that it has not', () => {
  const now = site(
    ...['r1', 'r2', 'r3', 'r4'].map((rack) => here(rack)),
    ordered({}, at(0), at(0)),
    tells('r1', 'received', 1),
    ...(['received', 'accepted', 'acting'] as const).map((phase) => tells('r2', phase, 1)),
    ...(['received', 'accepted', 'acting', 'acknowledged', 'metered'] as const).map((phase) => tells('r3', phase, 1)),
  );
  assert.deepEqual(filled(now, 6), {
    sent: 'r1 r2 r3 r4',
    received: 'r1 r2 r3',
    accepted: 'r2 r3',
    acting: 'r2 r3',
    metered: 'r3',
    silent: 'r4',
  });
});

test('a rack is not silent before it could have answered, nor when the event is over', () => {
  const now = site(here('r1'), ordered({}, at(0), at(0)));
  assert.deepEqual(filled(now, 4), { sent: 'r1' });
  assert.deepEqual(filled(now, 6), { sent: 'r1', silent: 'r1' });
  assert.deepEqual(filled(now, 1801), { sent: 'r1' });
});

test('an order to a group is sent to the racks of that group', () => {
  const scope = { site: SITE, to: 'group/row-a' };
  const now = site(here('r1', 'row-a'), here('r2', 'row-b'), here('r3'), ordered({ scope }, at(0), at(0)));
  assert.deepEqual(filled(now, 1), { sent: 'r1' });
  const one = site(here('r1', 'row-a'), here('r2'), ordered({ scope: { site: SITE, to: 'rack/r2' } }, at(0), at(0)));
  assert.deepEqual(filled(one, 1), { sent: 'r2' });
});

test('who opens the page in mid-event sees what each rack retains', () => {
  const now = site(
    ordered({}, at(0), at(0)),
    retains('r1', 'metered'),
    retains('r2', 'partial', { short: ['m03: asleep it is not'] }),
  );
  assert.deepEqual(filled(now, 60), {
    sent: 'r1 r2',
    received: 'r1 r2',
    accepted: 'r1 r2',
    acting: 'r1 r2',
    metered: 'r1',
    partial: 'r2',
  });
  const event = now.events.get('qse-north/ecrs-1') ?? assert.fail();
  assert.equal(reasonIn('partial', now.racks.get('r2') ?? assert.fail(), event), 'm03: asleep it is not');
});

test('who opens the page after an event sees how it went', () => {
  const went = (rack: string, reached: AppliedOrder['reached']) =>
    said('applied', { rack }, { rack, finished: [{ ...applied, phase: 'restored', reached }] }, at(1900));
  const on = timestampOf(at(1));
  const now = site(
    ordered({}, at(0), at(0)),
    went('r1', { acting: on, metered: on, ended: on, restored: on }),
    went('r2', { acting: on, partial: on, ended: on, restored: on }),
  );
  const { sent, metered, partial } = filled(now, 1901);
  assert.deepEqual({ sent, metered, partial }, { sent: 'r1 r2', metered: 'r1', partial: 'r2' });
});

test('what was metered stays so when the event is released, and while its next order waits', () => {
  const reached = { received: timestampOf(at(50)) };
  const waits = { ...applied, order: 'order-2', level_w: null, reached };
  const metered = { ...applied, phase: 'metered' as const, reached: { metered: timestampOf(at(9)) } };
  const before = site(ordered({}, at(0), at(0)), retains('r1', 'metered'));
  const scheduled = heard(before, [
    said('applied', { rack: 'r1' }, { rack: 'r1', orders: [metered, { ...waits, phase: 'scheduled' }] }, at(50)),
  ]);
  assert.equal(filled(scheduled, 60).metered, 'r1');
  const released = heard(before, [
    said('applied', { rack: 'r1' }, { rack: 'r1', orders: [{ ...waits, phase: 'acting' }] }, at(50)),
  ]);
  assert.equal(filled(released, 60).metered, 'r1');
  assert.equal(released.racks.get('r1')?.standings.get('qse-north/ecrs-1')?.levelW, 16_000);
});

test('a rack that was late and then delivered is late no more', () => {
  const now = site(ordered({}, at(0), at(0)), tells('r1', 'partial', 31), tells('r1', 'metered', 40));
  assert.equal(filled(now, 41).partial, undefined);
  assert.equal(filled(now, 41).metered, 'r1');
});

test('a refusal is known from the answer too, which comes again with each republication', () => {
  const answer = said(
    'ack',
    { issuer: 'qse-north' },
    { rack: 'r1', result: 'refused', code: 'not_commissioned', detail: 'only observes' },
    at(61),
  );
  const now = site(here('r1'), ordered({}, at(0), at(0)), answer);
  assert.deepEqual(filled(now, 62), { sent: 'r1', received: 'r1', refused: 'r1' });
  const event = now.events.get('qse-north/ecrs-1') ?? assert.fail();
  assert.equal(reasonIn('refused', now.racks.get('r1') ?? assert.fail(), event), 'only observes');
});
