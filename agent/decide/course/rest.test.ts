import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextCall } from '#agent/actuate/next-call.ts';
import type { DeviceFacts, DeviceReading, Observation, Setting } from '#agent/state/observation.ts';
import type { Picture } from '#agent/state/picture.ts';
import { devicesOf } from '#agent/state/picture.ts';
import type { Seconds, Watts } from '#protocol/units.ts';
import { accepted, after, miner, policyOf, RACK, rackOf, seen, viewOf } from '#test/support/pictures.ts';
import { decide } from '../decide.ts';
import type { Memory, Plan } from '../plan.ts';
import { emptyMemory } from '../plan.ts';

const policy = policyOf();
const gentle = miner('gentle');
/** As LuxOS has them: every control writes flash, and the dial takes a minute. */
const flashing = (id: string) => {
  const { sleep, wake, limit } = miner(id).controls;
  assert.ok(sleep && wake && limit);
  const kept = { persistent: true };
  return miner(id, {
    controls: {
      sleep: { ...sleep, ...kept },
      wake: { ...wake, ...kept },
      limit: { ...limit, ...kept, min_interval_s: 60 },
    },
  });
};

/** Follows a setpoint that is renewed every `everyS`; every call is done at once. @returns the calls by device. */
function followed(devices: readonly DeviceFacts[], levels: readonly Watts[], everyS: Seconds) {
  let picture = rackOf(devices);
  let memory: Memory = decide(picture, policy, emptyMemory, after(0), RACK).memory;
  const calls: Record<string, { s: Seconds; setting: Setting }[]> = Object.fromEntries(
    devices.map(({ id }) => [id, []]),
  );
  let plan: Plan | undefined;
  for (const [i, watts] of levels.entries()) {
    const s = 1 + i * everyS;
    const setpoint = accepted({ kind: 'setpoint', watts }, { id: `o-${i}`, seq: 10 + i, from: s });
    picture = seen(picture, after(s), { kind: 'order', accepted: setpoint });
    const decision = decide(picture, policy, memory, after(s), RACK);
    ({ memory, plan } = decision);
    for (const planned of decision.plan.devices) {
      const call = nextCall(viewOf(picture, planned.device), planned, after(s));
      if (!call) continue;
      calls[planned.device]?.push({ s, setting: call.setting });
      picture = seen(picture, after(s), ...done(planned.device, call.setting));
    }
  }
  assert.ok(plan);
  return { calls, picture, plan };
}

function done(device: string, setting: Setting): Observation[] {
  const asleep = setting.kind === 'asleep';
  const reading: DeviceReading = { asleep, limit: asleep ? 100 : (setting.limit ?? 100), faults: [] };
  return [
    { kind: 'asked', asks: [{ device, setting }] },
    { kind: 'acknowledged', device, settleMs: 0, said: 'ok' },
    { kind: 'device', device, reading },
  ];
}

/** Ten minutes of a level that wavers by 1.4 kW, a change every 2 s. */
const wavering = Array.from({ length: 300 }, (_, i) => 4600 + 700 * Math.sin(i / 5));

test('a setpoint renewed every 2 s is followed by the gentle dial, and the one that writes flash rests', () => {
  const { calls } = followed([gentle, flashing('luxos')], wavering, 2);
  assert.ok((calls['luxos']?.length ?? 0) <= 4, `${calls['luxos']?.length} writes to flash in ten minutes`);
  assert.ok((calls['gentle']?.length ?? 0) > 100);
});

test('where every dial writes flash, none is turned more than once in five minutes, and the level is kept all the same', () => {
  const devices = ['a', 'b', 'c'].map(flashing);
  const { calls, picture } = followed(devices, wavering, 2);
  for (const { id } of devices) {
    const raises = calls[id]?.filter(({ setting }) => setting.kind === 'awake') ?? [];
    for (const [i, { s }] of raises.entries()) assert.ok(s - (raises[i - 1]?.s ?? -300) >= 300, `${id} at ${s} s`);
  }
  assert.ok(drawnW(picture) <= (wavering.at(-1) ?? 0), `${drawnW(picture)} W`);
});

test('an order that changes once in a while uses every dial there is', () => {
  const { calls } = followed([flashing('luxos')], [3000, 2000, 1500], 400);
  assert.equal(calls['luxos']?.length, 3);
});

test('a dial that needs a minute between two turns is left where it is, and a cut in that minute puts its device to sleep', () => {
  const { calls } = followed([flashing('luxos')], [2500, 2800, 1500], 20);
  const asked = calls['luxos']?.map(({ setting }) => setting);
  assert.deepEqual(asked, [{ kind: 'awake', limit: 80 }, { kind: 'asleep' }]);
});

test('one that rests is still away from home, and goes there when the order is over', () => {
  const { plan } = followed([flashing('luxos')], [2500, 2800, 1500, 3000], 20);
  const [device] = plan.devices;
  assert.deepEqual([device?.home, device?.want], [{ kind: 'awake' }, { kind: 'asleep' }]);
  assert.match(device?.why ?? '', /rests/);
});

function drawnW(picture: Picture): Watts {
  return devicesOf(picture).reduce((sum, { reading }) => {
    return sum + (reading?.asleep ? 20 : 30 * (reading?.limit ?? 100));
  }, 100);
}
