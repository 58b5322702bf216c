import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation, OutletReading } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { emptyPicture } from '#agent/state/picture.ts';
import { device as deviceSchema, power as powerSchema } from '#protocol/telemetry.ts';
import { after, inventory, miner, seen, viewOf } from '#test/support/pictures.ts';
import { devicePayload, powerPayload } from './telemetry.ts';

const m01 = miner('m01', { outlets: [{ pdu: 'pdu-a', outlet: 1 }] });
const m02 = miner('m02', {
  outlets: [
    { pdu: 'pdu-a', outlet: 2 },
    { pdu: 'pdu-a', outlet: 3 },
  ],
});
const feed = { id: 'feed', role: 'feed', covers: 'all', otherLoadsW: 0, resolutionW: 1, periodMs: 500 } as const;
const fitted = inventory({
  devices: [m01, m02],
  meters: [{ ...feed, frequencyResolutionHz: 0.01 }],
  pdus: [{ id: 'pdu-a', periodMs: 2000 }],
});
const intent = { want: 'awake', why: 'home', home: 'awake', protected: false };
const rack = seen(emptyPicture, after(0), fitted);
const meter: Observation = {
  kind: 'meter',
  meter: 'feed',
  reading: { powerW: 6010, voltageV: 231.2, frequencyHz: 59.98 },
};

function outlets(...readings: OutletReading[]): Observation {
  return { kind: 'pdu', pdu: 'pdu-a', reading: { powerW: 6004, outlets: readings } };
}

function says(id: string, powerW: number): Observation {
  return { kind: 'device', device: id, reading: { asleep: false, powerW, faults: [] } };
}

function power(picture: Picture, s: number) {
  const { power_w, power_from, age_ms } = powerSchema.parse(powerPayload(picture, nothingDecided, 1000, after(s)));
  return [power_w, power_from, age_ms];
}

const nothingDecided = { lineW: undefined, sags: undefined };

test('the rack’s watts say where they are from, best first, and how old the oldest of them is', () => {
  const fed = [
    { outlet: 1, on: true, powerW: 3000 },
    { outlet: 2, on: true, powerW: 1500 },
    { outlet: 3, on: true, powerW: 1400 },
  ];
  assert.deepEqual(power(rack, 0), [null, null, null]);
  const half = seen(rack, after(0), says('m01', 2800));
  assert.deepEqual(power(half, 0.5), [5800, 'estimate', 500]);
  const told = seen(half, after(2), says('m02', 2900));
  assert.deepEqual(power(told, 3), [5700, 'devices', 3000]);
  const measured = seen(told, after(4), outlets(...fed));
  assert.deepEqual(power(measured, 5), [5900, 'outlets', 1000]);
  const metered = seen(measured, after(5), meter);
  assert.deepEqual(power(metered, 5.4), [6010, 'metered', 400]);
});

test('frequency is told with its resolution and the voltage it was read at', () => {
  const payload = powerPayload(seen(rack, after(0), meter), nothingDecided, 1000, after(0.2));
  assert.deepEqual([payload.frequency_hz, payload.frequency_age_ms], [59.98, 200]);
  assert.deepEqual([payload.frequency_resolution_hz, payload.voltage_v], [0.01, 231.2]);
});

test('each outlet is told with the PDU and with the device that it feeds', () => {
  const picture = seen(
    rack,
    after(0),
    outlets({ outlet: 1, on: false, powerW: 0 }, { outlet: 2, on: true, powerW: 1500 }, { outlet: 3, on: true }),
  );
  assert.deepEqual(powerPayload(picture, nothingDecided, 1000, after(1)).pdus, [
    {
      pdu: 'pdu-a',
      power_w: 6004,
      age_ms: 1000,
      outlets: [
        { outlet: 1, on: false, power_w: 0 },
        { outlet: 2, on: true, power_w: 1500 },
        { outlet: 3, on: true, power_w: null },
      ],
    },
  ]);
  const second = deviceSchema.parse(devicePayload(picture, viewOf(picture, 'm02'), intent, after(1)));
  assert.equal(second.outlets_w, null, 'one of its two outlets does not say');
  assert.deepEqual(second.outlets, [
    { outlet: 'pdu-a/2', on: true, power_w: 1500, age_ms: 1000 },
    { outlet: 'pdu-a/3', on: true, power_w: null, age_ms: 1000 },
  ]);
  const silent = devicePayload(picture, viewOf(picture, 'm02'), intent, after(60));
  assert.deepEqual(silent.outlets[0], { outlet: 'pdu-a/2', on: null, power_w: null, age_ms: null });
});
