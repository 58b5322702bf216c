import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { refused, ScriptedLuxos } from '#test/support/scripted-luxos.ts';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { Preempted } from '../../errors.ts';
import { luxos } from './luxos.ts';

const READING = 'config+summary+power+temps+fans+events+atm+pools';

describe('the only session', () => {
  test('is opened by the first control, at the cost of one round trip', async () => {
    const { miner, device } = await warm();
    assert.deepEqual(await device.controls.sleep?.run(), { said: 'curtail done', settleMs: 5_000 });
    assert.deepEqual(miner.asked(), ['logon', 'curtail S1,sleep']);
  });

  test('is open for the controls that follow', async () => {
    const { miner, device, clock } = await warm();
    await device.controls.sleep?.run();
    miner.asked();
    await clock.advance(40_000);
    await device.controls.wake?.run();
    await clock.advance(40_000);
    await device.controls.locate?.run();
    assert.deepEqual(miner.asked(), ['curtail S1,wakeup', 'ledset S1,red,blink']);
  });

  test('is given back when no control has come for 45 s, and then opened anew', async () => {
    const { miner, device, clock } = await warm();
    await device.controls.sleep?.run();
    miner.asked();
    await clock.advance(44_999);
    assert.deepEqual(miner.asked(), []);
    await clock.advance(1);
    assert.deepEqual(miner.asked(), ['logoff S1']);
    await device.controls.wake?.run();
    assert.deepEqual(miner.asked(), ['logon', 'curtail S2,wakeup']);
  });

  test('is given back on stop, and no timer stays behind', async () => {
    const { miner, device, clock } = await warm();
    await device.controls.sleep?.run();
    miner.asked();
    await device.stop();
    assert.deepEqual(miner.asked(), ['logoff S1']);
    assert.equal(miner.session, '');
    await clock.advance(5_000);
    assert.deepEqual(miner.asked(), []);
    assert.equal(clock.pending, 0);
  });

  test('is not taken by readings', async () => {
    const { miner, device } = await warm();
    await device.read();
    await device.stop();
    assert.deepEqual(miner.asked(), [READING]);
  });

  test('of another client serves for one command, and is neither kept nor closed', async () => {
    const { miner, device, clock } = await warm();
    miner.session = 'a browser tab';
    await device.controls.sleep?.run();
    assert.deepEqual(miner.asked(), ['logon', 'session', 'curtail a browser tab,sleep']);
    await clock.advance(60_000);
    await device.stop();
    assert.deepEqual(miner.asked(), []);
  });

  test('that expired in mid-command is opened once more, and the command done', async () => {
    const { miner, device } = await warm();
    await device.controls.sleep?.run();
    miner.asked();
    miner.session = '';
    assert.equal((await device.controls.wake?.run())?.said, 'curtail done');
    assert.deepEqual(miner.asked(), ['curtail S1,wakeup', 'session', 'logon', 'curtail S2,wakeup']);
  });

  test('that another client has taken meanwhile serves all the same', async () => {
    const { miner, device } = await warm();
    await device.controls.sleep?.run();
    miner.asked();
    miner.session = 'thief';
    await device.controls.wake?.run();
    assert.equal(miner.asked().at(-1), 'curtail thief,wakeup');
  });

  test('is not opened again when it is not what the miner objects to', async () => {
    const { miner, device } = await warm();
    miner.answer = (request) => (request.command === 'ledset' ? refused('No such LED', 404) : miner.usual(request));
    await assert.rejects(device.controls.locate?.run() ?? Promise.resolve(), { kind: 'refused', code: 404 });
    assert.deepEqual(miner.asked(), ['logon', 'ledset S1,red,blink', 'session']);
  });

  test('that is lost again and again ends in the refusal', async () => {
    const { miner, device } = await warm();
    miner.answer = (request) => {
      if (request.command === 'ledset') miner.session = '';
      return miner.usual(request);
    };
    await assert.rejects(device.controls.locate?.run() ?? Promise.resolve(), { kind: 'refused', code: 400 });
    assert.equal(miner.asked().filter((request) => request.startsWith('ledset')).length, 2);
  });

  test('that the miner refuses although nobody has one is an error with the words of the miner', async () => {
    const { miner, device } = await warm();
    miner.answer = (request) => (request.command === 'logon' ? refused('Not now', 402) : miner.usual(request));
    await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), {
      kind: 'refused',
      code: 402,
      message: /logon.*"Not now"/,
    });
  });
});

test('every control says what the pages of the maker say', async () => {
  const { miner, device } = await warm();
  const { sleep, wake, limit, reboot, locate } = device.controls;
  await sleep?.run();
  await wake?.run();
  await limit?.run(2700, true);
  await locate?.run();
  await locate?.stop();
  await reboot?.run();
  assert.deepEqual(miner.asked(), [
    'logon',
    'curtail S1,sleep',
    'curtail S1,wakeup',
    'config+atm',
    'profileset S1,545MHz',
    'ledset S1,red,blink',
    'ledset S1,red,auto',
    'rebootdevice S1',
  ]);
});

for (const [control, mode] of [
  ['sleep', 'Sleep'],
  ['wake', 'None'],
] as const) {
  test(`a miner that refuses to ${control} because it already does has obeyed`, async () => {
    const { miner, device } = await warm();
    const state = { CurtailMode: mode, IsPowerSupplyOn: mode === 'None' };
    miner.sections['config'] = { CONFIG: [state] };
    miner.answer = (request) => (request.command === 'curtail' ? refused('Already so', 400) : miner.usual(request));
    assert.match((await device.controls[control]?.run())?.said ?? '', /Already so/);
  });
}

test('a miner that refuses to sleep and mines on has not obeyed', async () => {
  const { miner, device } = await warm();
  miner.answer = (request) => (request.command === 'curtail' ? refused('Not now', 400) : miner.usual(request));
  await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), { kind: 'refused', message: /Not now/ });
});

test('a miner that refuses to wake while it is still going to sleep has not obeyed', async () => {
  const { miner, device } = await warm();
  miner.sections['config'] = { CONFIG: [{ CurtailMode: 'Sleep', IsPowerSupplyOn: true }] };
  miner.answer = (request) => (request.command === 'curtail' ? refused('Not now', 400) : miner.usual(request));
  await assert.rejects(device.controls.wake?.run() ?? Promise.resolve(), { kind: 'refused', message: /Not now/ });
});

test('a miner that closes without a reply to sleep has not obeyed', async () => {
  const { miner, device } = await warm();
  miner.answer = (request) => (request.command === 'curtail' ? undefined : miner.usual(request));
  await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), { kind: 'unreachable', code: 'closed' });
  assert.deepEqual(miner.asked(), ['logon', 'curtail S1,sleep']);
});

test('a miner that goes down without an answer to reboot has obeyed', async () => {
  const { miner, device } = await warm();
  miner.answer = (request) => (request.command === 'rebootdevice' ? undefined : miner.usual(request));
  assert.equal((await device.controls.reboot?.run())?.said, 'closed the connection');
});

test('a miner that does not answer at all is given five seconds', async () => {
  const { miner, device, clock } = await warm();
  miner.answer = () => 'silence';
  const outcome = assert.rejects(device.read(), { kind: 'timedOut', message: /5000 ms/ });
  await clock.advance(5_000);
  await outcome;
});

test('a cut aborts a wake that the miner is slow to answer', async () => {
  const { miner, device } = await warm();
  miner.answer = (request) => (request.parameter?.endsWith('wakeup') ? 'silence' : miner.usual(request));
  const waking = assert.rejects(device.controls.wake?.run() ?? Promise.resolve(), Preempted);
  await settle();
  assert.equal((await device.controls.sleep?.run())?.said, 'curtail done');
  await waking;
  assert.equal(miner.asked().at(-1), 'curtail S1,sleep');
});

test('a cut aborts a reading that the miner is slow to answer', async () => {
  const { miner, device } = await warm();
  miner.answer = (request) => (request.command === READING ? 'silence' : miner.usual(request));
  const slow = assert.rejects(device.read(), Preempted);
  await settle();
  await device.controls.sleep?.run();
  await slow;
});

test('a reading that waits for a control is not aborted by it', async () => {
  const { miner, device } = await warm();
  await Promise.all([device.controls.sleep?.run(), device.read()]);
  assert.deepEqual(miner.asked(), ['logon', 'curtail S1,sleep', READING]);
});

describe('a reading', () => {
  test('is one round trip', async () => {
    const { miner, device } = await warm();
    assert.deepEqual(await device.read(), {
      asleep: false,
      powerW: 2950,
      powerFrom: 'estimate',
      limit: 3000,
      hashrateThs: 99.50025,
      ratedHashrateThs: 100,
      boardC: [53.5, 51],
      fanRpm: [4980, 5040],
      uptimeS: 3600,
      faults: [],
      repairs: 0,
    });
    assert.deepEqual(miner.asked(), [READING]);
  });

  test('of broken JSON counts its repairs', async () => {
    const { miner, device } = await warm();
    miner.answer = (request) => miner.usual(request).replace('"Watts":2950', '"Watts":nan,');
    const { powerW, repairs } = await device.read();
    assert.deepEqual({ powerW, repairs }, { powerW: undefined, repairs: 2 });
  });

  test('of rubbish is malformed', async () => {
    const { miner, device } = await warm();
    miner.answer = () => '<html>';
    await assert.rejects(device.read(), { kind: 'malformed' });
  });
});

describe('identity', () => {
  test('is known without asking while the line is warm', async () => {
    const { miner, device } = await warm();
    const { mac, model } = await device.identify();
    assert.deepEqual({ mac, model }, { mac: '02:5a:11:a5:00:01', model: 'Antminer S19j Pro' });
    assert.deepEqual(miner.asked(), []);
  });

  test('is asked for again after the miner was out of reach', async () => {
    const { miner, device } = await warm();
    miner.answer = () => undefined;
    await assert.rejects(device.read(), { kind: 'unreachable' });
    miner.answer = (request) => miner.usual(request).replaceAll('02:5A:11:A5:00:01', '02:5A:11:A5:00:09');
    assert.equal((await device.identify()).mac, '02:5a:11:a5:00:09');
  });
});

test('a stopped device lets go of the wire and refuses what comes later', async () => {
  const { miner, device } = await warm();
  miner.answer = () => 'silence';
  const slow = assert.rejects(device.read(), Preempted);
  await settle();
  await device.stop();
  await slow;
  await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), Preempted);
  assert.ok(miner.streams.every((stream) => stream.destroyed));
});

test('a session that a dead miner cannot take back holds nobody up', async () => {
  const { miner, device, clock } = await warm();
  await device.controls.sleep?.run();
  miner.answer = () => 'silence';
  const stopped = device.stop();
  await clock.advance(1_000);
  await stopped;
});

async function warm() {
  const clock = new VirtualClock();
  const miner = new ScriptedLuxos();
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const secret = () => Promise.reject(new Error('LuxOS has no password'));
  const options = { host: '10.0.1.11', port: 4028 };
  const device = luxos.open(options, { id: 'm01', clock, log, connect: miner.connect, secret });
  device.start();
  await settle(60);
  assert.deepEqual(miner.asked(), ['version+config', 'config+profiles']);
  return { clock, miner, device };
}
