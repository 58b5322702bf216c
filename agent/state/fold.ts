/** (picture, observation, now) -> picture. The only way the picture changes. */
import type { DeviceStateName } from '#protocol/telemetry.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import { devicesFrom, withChanged } from './devices.ts';
import { withFrequency } from './frequency.ts';
import { withStill } from './frozen.ts';
import * as instruments from './instruments.ts';
import { learnedFrom, learnedFromCall } from './learn.ts';
import { withMovement } from './movement.ts';
import type { DeviceFacts, DeviceReading, MeterFacts, Now, Observation, Setting, Trouble } from './observation.ts';
import { BLIND, withClockSet, withOrder } from './orders.ts';
import { withPdu } from './outlets.ts';
import type { Asked, DeviceView, MeterView, Picture, Sample } from './picture.ts';
import { deviceOf } from './picture.ts';
import { withTrend } from './series.ts';
import { sameSetting, settingShown, shows } from './setting.ts';
import * as workloads from './workloads.ts';

/** Meter samples are kept this long: enough for a baseline of the last minutes and every window. */
const SAMPLE_SPAN_MS: Millis = 300_000;
/** A device that says it draws more than this share of its nameplate is not believed. */
const MOST_PLAUSIBLE = 1.25;
/** Firmware has been seen to do 21 s after the call what was given up after 5. */
const LATEST_EFFECT_MS: Millis = 20_000;

export function fold(picture: Picture, observation: Observation, now: Now): Picture {
  switch (observation.kind) {
    case 'inventory':
      return {
        ...withInventory(picture, observation.devices, observation.meters, now),
        sensors: instruments.withListed(picture.sensors, observation.sensors),
        pdus: instruments.withListed(picture.pdus, observation.pdus),
        workloads: workloads.withListed(picture.workloads, observation.workloads),
      };
    case 'sensor': {
      const { sensor, reading } = observation;
      return { ...picture, sensors: instruments.withReading(picture.sensors, sensor, reading, now) };
    }
    case 'sensorTrouble': {
      const { sensor, trouble } = observation;
      return { ...picture, sensors: instruments.withTrouble(picture.sensors, sensor, trouble, now) };
    }
    case 'pdu':
      return withPdu(picture, observation.pdu, observation.reading, now);
    case 'pduTrouble': {
      const { pdu, trouble } = observation;
      return { ...picture, pdus: instruments.withTrouble(picture.pdus, pdu, trouble, now) };
    }
    case 'workload': {
      const { workload, reading } = observation;
      return { ...picture, workloads: workloads.withReading(picture.workloads, workload, reading, now) };
    }
    case 'workloadTrouble': {
      const { workload, trouble } = observation;
      return { ...picture, workloads: workloads.withTrouble(picture.workloads, workload, trouble, now) };
    }
    case 'staged': {
      const { workload, outcome } = observation;
      return { ...picture, workloads: workloads.withStaged(picture.workloads, workload, outcome, now) };
    }
    case 'hints': {
      const { workload, hints } = observation;
      return { ...picture, workloads: workloads.withHints(picture.workloads, workload, hints, now) };
    }
    case 'meter': {
      const { reading } = observation;
      return withMeter(picture, observation.meter, ({ trouble: _healed, ...meter }) => ({
        ...meter,
        reading: { ...reading, at: now },
        frequency: withFrequency(meter.frequency, reading, now),
        still: withStill(meter, reading, picture, now),
        ...(reading.powerW !== undefined &&
          withPower(meter, { mono: now.mono, wall: now.wall, powerW: reading.powerW })),
      }));
    }
    case 'meterTrouble':
      return withMeter(picture, observation.meter, (meter) => ({
        ...meter,
        trouble: { ...observation.trouble, at: now },
      }));
    case 'device':
      return withDevice(picture, observation.device, (device) =>
        taught(withMovement(device, withReading(device, observation.reading, now), picture, now), device),
      );
    case 'deviceTrouble':
      return withDevice(picture, observation.device, (device) => withTrouble(device, observation.trouble, now));
    case 'controls':
      return withDevice(picture, observation.device, (device) => ({
        ...device,
        facts: { ...device.facts, controls: observation.controls },
      }));
    case 'identity':
      return withDevice(picture, observation.device, (device) => {
        const { identity, mismatch } = observation;
        const introduced = { ...device, identity, identified: mismatch === undefined };
        if (mismatch === undefined)
          return device.state === 'wrong_device' ? inState(introduced, 'unknown', now) : introduced;
        const trouble = { kind: 'refused', message: mismatch, at: now } as const;
        return inState({ ...introduced, trouble }, 'wrong_device', now);
      });
    case 'commission': {
      const { commission: _before, ...rest } = picture;
      return observation.devices ? { ...rest, commission: { devices: observation.devices, at: now } } : rest;
    }
    case 'learned':
    case 'commissioned': {
      const { kind: _kind, device: id, ...found } = observation;
      return withDevice(picture, id, (device) => ({ ...device, facts: { ...device.facts, ...found } }));
    }
    case 'order': {
      const { accepted } = observation;
      const { [accepted.topic + BLIND]: _blind, ...orders } = picture.orders;
      const slot = withOrder(picture.orders[accepted.topic], accepted, now);
      return { ...picture, orders: { ...orders, [accepted.topic]: slot } };
    }
    case 'repeated': {
      const slot = picture.orders[observation.topic];
      if (!slot) return picture;
      return { ...picture, orders: { ...picture.orders, [observation.topic]: { ...slot, heardAt: now.mono } } };
    }
    case 'clockSet':
      return { ...picture, orders: withClockSet(picture.orders, observation.byMs) };
    case 'local': {
      const { kind: _kind, ...local } = observation;
      return { ...picture, local };
    }
    case 'ordersKnown':
      return picture.ordersKnown ? picture : { ...picture, ordersKnown: true };
    case 'asked':
      return withAsks(picture, observation.asks, now);
    case 'acknowledged': {
      const { device, said, settleMs } = observation;
      const answer = { outcome: 'acknowledged', said, settledAt: now.mono + settleMs } as const;
      return withDevice(picture, device, (view) => withAnswer(view, answer, true, now));
    }
    case 'notDone': {
      const { device, trouble } = observation;
      const answer = { outcome: 'failed', trouble } as const;
      return withDevice(picture, device, (view) =>
        withTrouble(withAnswer(view, answer, mayBeDone(view, trouble), now), trouble, now),
      );
    }
  }
}

function withInventory(
  picture: Picture,
  devices: readonly DeviceFacts[],
  meters: readonly MeterFacts[],
  now: Now,
): Picture {
  const view = (facts: DeviceFacts): DeviceView =>
    withoutAnswer({ ...newDevice(facts, now), ...known(deviceOf(picture, facts.id), facts) }, now);
  return {
    ...picture,
    devices: devicesFrom(devices.map(view)),
    meters: Object.fromEntries(
      meters.map((facts) => [facts.id, { samples: [], frequency: [], ...picture.meters[facts.id], facts }]),
    ),
  };
}

/** What was found out about it stays, whatever the config says anew. */
function known(device: DeviceView | undefined, facts: DeviceFacts): Partial<DeviceView> & Pick<DeviceView, 'facts'> {
  const { learned, commissioned } = device?.facts ?? {};
  return { ...device, facts: { ...facts, ...(learned && { learned }), ...(commissioned && { commissioned }) } };
}

/** The hardware that a call went to is gone, and with it the answer; what was asked may have been done. */
function withoutAnswer(device: DeviceView, now: Now): DeviceView {
  if (device.asked?.outcome !== 'pending') return device;
  return { ...device, asked: { ...device.asked, outcome: 'failed', answeredAt: now }, mayHaveMoved: true };
}

function newDevice(facts: DeviceFacts, now: Now): DeviceView {
  return {
    facts,
    state: 'unknown',
    since: now,
    identified: false,
    mayHaveMoved: false,
    unpowered: false,
    fullW: facts.ratedW,
  };
}

function withMeter(picture: Picture, id: string, change: (meter: MeterView) => MeterView): Picture {
  const meter = picture.meters[id];
  return meter ? { ...picture, meters: { ...picture.meters, [id]: change(meter) } } : picture;
}

function withDevice(picture: Picture, id: string, change: (device: DeviceView) => DeviceView): Picture {
  const device = deviceOf(picture, id);
  return device ? { ...picture, devices: withChanged(picture.devices, [change(device)]) } : picture;
}

function withPower({ samples, trend }: MeterView, sample: Sample): Pick<MeterView, 'samples' | 'trend'> {
  const first = samples.findIndex(({ mono }) => mono >= sample.mono - SAMPLE_SPAN_MS);
  return {
    samples: [...(first > 0 ? samples.slice(first) : samples), sample],
    trend: withTrend(trend, sample),
  };
}

function withReading(device: DeviceView, reading: DeviceReading, now: Now): DeviceView {
  // Another device's word, at our device's address, says nothing about ours.
  if (device.state === 'wrong_device') return device;
  const { trouble: _healed, ...healthy } = device;
  const mayHaveMoved = device.mayHaveMoved && isStillToCome(device, reading, now);
  const said = { ...healthy, reading: { ...reading, at: now }, mayHaveMoved };
  const seen = settledAsk({ ...said, fullW: shownFullW(device, reading) });
  return inState(seen, stateShown(seen, reading), now);
}

/** What was not answered in time may be on its way: that it runs as before says nothing for a while. */
function isStillToCome(device: DeviceView, reading: DeviceReading, now: Now): boolean {
  const { outcome, setting, answeredAt } = device.asked ?? {};
  if (outcome !== 'failed' || !setting || !answeredAt || now.mono - answeredAt.mono > LATEST_EFFECT_MS) return false;
  const shown = settingShown(device, reading);
  return shown === undefined || !sameSetting(shown, setting);
}

/** Once it shows what it was asked for, a later drift is a new story: it is asked again without counting the old tries. */
function settledAsk(device: DeviceView): DeviceView {
  const { asked } = device;
  if (!asked || asked.attempts === 0 || !shows(device, asked.setting)) return device;
  const { trouble: _overcome, ...rest } = asked;
  return { ...device, asked: { ...rest, attempts: 0 } };
}

function stateShown(device: DeviceView, reading: DeviceReading): DeviceStateName {
  const shown = settingShown(device, reading);
  if (!shown) return 'unknown';
  if (shown.kind === 'asleep') return 'asleep';
  return shown.limit === undefined ? 'awake' : 'limited';
}

/** Raised in steps of 1 % of the nameplate and never lowered, so that noise does not move the plan. */
function shownFullW({ facts, fullW }: DeviceView, { powerW }: DeviceReading): Watts {
  if (powerW === undefined || powerW <= fullW || powerW > facts.ratedW * MOST_PLAUSIBLE) return fullW;
  const step = facts.ratedW / 100;
  return Math.ceil(powerW / step) * step;
}

function withTrouble(device: DeviceView, trouble: Trouble, now: Now): DeviceView {
  const identified = device.identified && trouble.kind !== 'unreachable';
  const seen = { ...device, identified, trouble: { ...trouble, at: now } };
  if (device.state === 'wrong_device') return device;
  // That one without power says nothing is no trouble.
  if (device.unpowered) return { ...device, identified };
  if (trouble.kind === 'unreachable' || trouble.kind === 'timedOut') return inState(seen, 'unreachable', now);
  if (trouble.kind === 'unauthorised') return inState(seen, 'unauthorised', now);
  return seen;
}

type Asks = Extract<Observation, { kind: 'asked' }>['asks'];

function withAsks(picture: Picture, asks: Asks, now: Now): Picture {
  const asked = asks.flatMap(({ device: id, setting }) => {
    const device = deviceOf(picture, id);
    return device ? withAsked(device, setting, now) : [];
  });
  return { ...picture, devices: withChanged(picture.devices, asked) };
}

function withAsked(device: DeviceView, setting: Setting, now: Now): DeviceView {
  const { asked: before, facts } = device;
  const again = before !== undefined && sameSetting(before.setting, setting);
  const attempts = again ? before.attempts + 1 : 1;
  const asked = { setting, at: now, firstAt: attempts > 1 && again ? before.firstAt : now, attempts };
  const learned = learnedFromCall(facts.learned, attempts);
  return { ...device, asked: { ...asked, outcome: 'pending' }, facts: { ...facts, learned } };
}

/** A movement that is over has taught something of the device. */
function taught(device: DeviceView, before: DeviceView): DeviceView {
  const { facts, moved } = device;
  if (!moved || moved === before.moved) return device;
  return { ...device, facts: { ...facts, learned: learnedFrom(device, moved) } };
}

function withAnswer(device: DeviceView, answer: Partial<Asked>, mayHaveMoved: boolean, now: Now): DeviceView {
  if (!device.asked) return device;
  const asked = { ...device.asked, ...answer, answeredAt: now };
  return { ...device, asked, mayHaveMoved: device.mayHaveMoved || mayHaveMoved };
}

/** A connection may break behind a call that has gone through; what was out of reach already has not heard it. */
function mayBeDone({ state, since, asked }: DeviceView, { kind }: Trouble): boolean {
  if (kind !== 'unreachable') return kind === 'timedOut' || kind === 'malformed';
  return state !== 'unreachable' || (asked !== undefined && since.mono >= asked.at.mono);
}

function inState(device: DeviceView, state: DeviceStateName, now: Now): DeviceView {
  return device.state === state ? device : { ...device, state, since: now };
}
