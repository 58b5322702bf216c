import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { AdapterError } from '../errors.ts';
import { accelerator } from './accelerator.ts';

test('a card sleeps and wakes by its maker’s tool, and its sensor tells the watts', async () => {
  const { device, ran } = open();
  assert.deepEqual([(await device.read()).asleep, (await device.read()).powerW], [false, 61.5]);
  assert.equal((await device.controls.sleep?.run())?.said, 'idle');
  assert.equal((await device.read()).asleep, true);
  assert.equal((await device.controls.wake?.run())?.said, 'programmed: 2 kernels');
  assert.deepEqual(
    ran.filter((name) => name !== 'status'),
    ['idle', 'program'],
  );
});

test('a tool that ends with 0 but leaves the card as it was has not obeyed', async () => {
  const { device, answers } = open();
  answers.set('idle', '{"state": "programmed", "detail": "busy"}');
  await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), {
    kind: 'refused',
    message: 'after idle the card is programmed: busy',
  });
});

test('what is not the JSON that was agreed on is malformed, and shown', async () => {
  const { device, answers } = open();
  answers.set('status', 'Segmentation fault');
  await assert.rejects(device.read(), {
    kind: 'malformed',
    message: /status is not JSON: "Segmentation fault"/,
  });
  answers.set('status', '{"state": "unsure"}');
  await assert.rejects(device.read(), { kind: 'malformed', message: /field "state"/ });
});

test('a command that hangs is killed after its time, and the next one runs', async () => {
  const { device, clock, answers } = open();
  answers.set('program', 'hang');
  const waking = assert.rejects(device.controls.wake?.run() ?? Promise.resolve(), {
    kind: 'timedOut',
    message: /program has not ended within 30 s/,
  });
  await clock.advance(30_000);
  await waking;
  assert.equal((await device.controls.sleep?.run())?.said, 'idle');
});

test('a cut does not wait for a card that is being loaded', async () => {
  const { device, answers } = open();
  answers.set('program', 'hang');
  const waking = assert.rejects(device.controls.wake?.run() ?? Promise.resolve(), { name: 'Preempted' });
  await settle();
  assert.equal((await device.controls.sleep?.run())?.said, 'idle');
  await waking;
});

test('a command is whole in the config: its program’s path is absolute', () => {
  const commands = { program: ['load', 'miner.bit'], idle: ['/opt/card/tool', 'idle'], status: ['/opt/card/tool'] };
  const parsed = accelerator.options.safeParse({ commands, idle_w: 12 });
  assert.deepEqual(
    parsed.error?.issues.map(({ path }) => path.join('.')),
    ['commands.program'],
  );
});

function open() {
  const clock = new VirtualClock();
  const ran: string[] = [];
  let state = 'programmed';
  const answers = new Map<string, string>();
  const run = async ([, name = '']: readonly string[], signal: AbortSignal): Promise<string> => {
    ran.push(name);
    const scripted = answers.get(name);
    if (scripted === 'hang') {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    if (scripted !== undefined) return scripted;
    if (name !== 'status') state = name === 'idle' ? 'idle' : 'programmed';
    return JSON.stringify({ state, ...(name === 'program' && { detail: '2 kernels' }) });
  };
  const sysfs = {
    read: async (path: string) => {
      if (path !== 'bus/i2c/devices/3-0040/hwmon/hwmon2/power1_input') throw new AdapterError('unsupported', path);
      return '61500000';
    },
    write: async () => {},
    list: async () => ['hwmon2'],
  };
  const unused = async () => assert.fail('not of a card');
  const log = { debug: () => {}, info: () => {}, warn: () => {} };
  const tool = (name: string) => ['/opt/card/tool', name];
  const options = accelerator.options.parse({
    commands: { program: tool('program'), idle: tool('idle'), status: tool('status') },
    sensor: 'bus/i2c/devices/3-0040',
    idle_w: 12,
  }) as Parameters<typeof accelerator.open>[0];
  const host = { nvml: { gpu: unused, driver: unused }, sysfs, run };
  const device = accelerator.open(options, { id: 'card', clock, log, connect: unused, secret: unused, host });
  return { device, clock, ran, answers };
}
