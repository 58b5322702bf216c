import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Aisle } from '#test/support/aisle.ts';
import { accepted, miner } from '#test/support/pictures.ts';

const outlet = (pdu: string, n: number) => ({ pdu, outlet: n });
/** Two power supplies each, one on either PDU; the last has one. */
const devices = [
  miner('m01', { outlets: [outlet('pdu-a', 1), outlet('pdu-b', 1)] }),
  miner('m02', { outlets: [outlet('pdu-a', 2), outlet('pdu-b', 2)] }),
  miner('m03', { outlets: [outlet('pdu-a', 3)] }),
];
const pdus = ['pdu-a', 'pdu-b'].map((id) => ({ id, periodMs: 2000 }));
const rackOf = (policy: Record<string, unknown>) => new Aisle({ devices, pdus, policy });

test('an outlet bears so much: one with two of them may draw twice that', () => {
  const rack = rackOf({ pdu_limits: [{ pdu: 'pdu-a', outlet_max_w: 1200 }] });
  assert.equal(rack.wants(1), 'awake at 80 %, awake at 80 %, awake at 40 %');
  assert.match(rack.why(1, 'm03'), /an outlet that feeds it bears 1200 W/);
});

test('a PDU bears so much together, of each device the part that passes through it', () => {
  const rack = rackOf({ pdu_limits: [{ pdu: 'pdu-a', max_w: 5000 }] });
  assert.equal(rack.wants(1), 'awake, awake, awake at 66 %');
  assert.match(rack.why(1, 'm03'), /pdu-a bears 5000 W/);
});

test('whatever an order asks, no breaker, PDU or outlet is planned to carry more than it bears', () => {
  const someW = fc.integer({ min: 300, max: 6000 });
  const target = fc.record({ kind: fc.constantFrom('ceiling', 'floor', 'setpoint'), watts: fc.nat(9000) });
  fc.assert(
    fc.property(someW, someW, someW, target, (breakerW, pduW, outletW, { kind, watts }) => {
      const rack = rackOf({
        breakers: [{ id: 'left', devices: ['m01', 'm02'], max_w: breakerW }],
        pdu_limits: [{ pdu: 'pdu-a', max_w: pduW, outlet_max_w: outletW }],
      });
      const ramp = { down_w_per_s: null, up_w_per_s: null };
      rack.hears(1, { kind: 'order', accepted: accepted({ kind, watts } as Parameters<typeof accepted>[0], { ramp }) });
      const [m01 = 0, m02 = 0, m03 = 0] = ['m01', 'm02', 'm03'].map((id) => {
        return rack.plan(2).devices.find(({ device }) => device === id)?.expectedW ?? 0;
      });
      assert.ok(m01 + m02 <= breakerW + 1e-6);
      assert.ok((m01 + m02) / 2 + m03 <= pduW + 1e-6);
      assert.ok(Math.max(m01 / 2, m02 / 2, m03) <= outletW + 1e-6);
    }),
  );
});
