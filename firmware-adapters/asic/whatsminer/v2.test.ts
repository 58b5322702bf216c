import assert from 'node:assert/strict';
import { createDecipheriv, createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { Preempted } from '../../errors.ts';
import { whatsminerV2 } from './v2.ts';

const ok = '{"STATUS":"S","When":1,"Code":131,"Msg":"API command OK","Description":""}';
const BAD_TOKEN = '{"STATUS":"E","When":1,"Code":135,"Msg":"check token error","Description":""}';

describe('a warm session', () => {
  test('cuts in one round trip', async () => {
    const { miner, device } = await warm();
    const ack = await device.controls.sleep?.run();
    assert.deepEqual(ack, { said: 'API command OK', settleMs: 5_000 });
    assert.deepEqual(miner.asked(), [{ cmd: 'power_off', respbefore: 'true', token: miner.sign }]);
  });

  test('knows who it talks to without asking again', async () => {
    const { miner, device } = await warm();
    assert.equal((await device.identify()).mac, '02:5a:11:a5:00:01');
    assert.deepEqual(miner.asked(), []);
  });

  test('renews its token and its identity before the 30 minutes of a token are over', async () => {
    const { miner, device, clock } = await warm();
    await clock.advance(26 * 60_000);
    assert.deepEqual(miner.commands(), ['get_version', 'get_miner_info', 'get_token', 'pools']);
    await clock.advance(5 * 60_000);
    await device.controls.sleep?.run();
    assert.deepEqual(miner.commands(), ['power_off']);
  });

  test('does not trust an identity and a token whose renewal failed', async () => {
    const { miner, device, clock } = await warm();
    miner.answer = (request) => (request.command === 'get_version' ? undefined : usual(request));
    await clock.advance(29 * 60_000 + 1);
    miner.asked();
    await device.controls.wake?.run();
    assert.deepEqual(miner.commands(), ['get_token', 'power_on']);
    await assert.rejects(device.identify(), { kind: 'unreachable' });
  });

  test('asks for the identity again after the miner was out of reach', async () => {
    const { miner, device } = await warm();
    miner.answer = () => undefined;
    await assert.rejects(device.read(), { kind: 'unreachable' });
    miner.answer = (request) => usual(request).replaceAll('02:5A:11:A5:00:01', '02:5A:11:A5:00:09');
    assert.equal((await device.identify()).mac, '02:5a:11:a5:00:09');
  });
});

test('every control says what the manual says', async () => {
  const { miner, device } = await warm();
  const { sleep, wake, limit, reboot, locate } = device.controls;
  await sleep?.run();
  await wake?.run();
  await limit?.run(62.4, true);
  await reboot?.run();
  await locate?.run();
  await locate?.stop();
  assert.deepEqual(
    miner.asked().map(({ token: _token, ...command }) => command),
    [
      { cmd: 'power_off', respbefore: 'true' },
      { cmd: 'power_on' },
      { cmd: 'set_power_pct', percent: '62' },
      { cmd: 'reboot' },
      { cmd: 'set_led', color: 'red', period: 200, duration: 100, start: 0 },
      { cmd: 'set_led', param: 'auto' },
    ],
  );
});

test('a limit outside the range never reaches the miner', async () => {
  const { miner, device } = await warm();
  for (const percent of [39, 101, Number.NaN]) {
    await assert.rejects(device.controls.limit?.run(percent, true) ?? Promise.resolve(), { kind: 'refused' });
  }
  assert.deepEqual(miner.asked(), []);
});

test('a token that the miner has forgotten is replaced once, and the command done', async () => {
  const { miner, device } = await warm();
  let forgotten = true;
  miner.answer = (request) => {
    if (request.command === 'get_token') forgotten = false;
    return request.cmd && forgotten ? BAD_TOKEN : usual(request);
  };
  assert.equal((await device.controls.sleep?.run())?.said, 'API command OK');
  assert.deepEqual(miner.commands(), ['power_off', 'get_token', 'power_off']);
});

for (const code of [23, 135]) {
  test(`a miner that refuses fresh tokens too, with ${code}, has another password, and the error says so`, async () => {
    const { miner, device } = await warm();
    miner.answer = (request) => (request.cmd ? BAD_TOKEN.replace('135', String(code)) : usual(request));
    await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), {
      kind: 'unauthorised',
      code,
      message: /password in m01\.pw is probably not the miner's/,
    });
    assert.deepEqual(miner.commands(), ['power_off', 'get_token', 'power_off']);
  });
}

test('a miner whose write access is off is not asked twice', async () => {
  const { miner, device } = await warm();
  miner.answer = () => '{"STATUS":"E","When":1,"Code":45,"Msg":"permission denied","Description":""}';
  await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), { kind: 'unauthorised', code: 45 });
  assert.deepEqual(miner.commands(), ['power_off']);
});

test('a miner that has handed out too many tokens says so, and its password is not doubted', async () => {
  const { miner, device } = await warm();
  miner.answer = (request) => (request.cmd ? BAD_TOKEN.replace('135', '136') : usual(request));
  await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), { kind: 'refused', code: 136 });
});

test('a password that is corrected in its file works without a restart', async () => {
  let password = 'outdated';
  const { miner, device } = open({ secret: async () => password });
  miner.answer = (request) => (request['unreadable'] ? BAD_TOKEN.replace('135', '23') : usual(request));
  await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), { kind: 'unauthorised', code: 23 });
  password = 'admin';
  assert.equal((await device.controls.sleep?.run())?.said, 'API command OK');
});

test('a miner that refuses to reboot has not obeyed', async () => {
  const { miner, device } = await warm();
  miner.answer = () => '{"STATUS":"E","When":1,"Code":132,"Msg":"API command ERROR","Description":""}';
  await assert.rejects(device.controls.reboot?.run() ?? Promise.resolve(), { kind: 'refused', code: 132 });
});

test('a miner that goes down without an answer to reboot has obeyed', async () => {
  const { miner, device } = await warm();
  miner.answer = (request) => (request.cmd === 'reboot' ? undefined : usual(request));
  assert.equal((await device.controls.reboot?.run())?.said, 'closed the connection');
  miner.answer = () => undefined;
  await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), { kind: 'unreachable', code: 'closed' });
});

test('a cut aborts a reading that the miner is slow to answer', async () => {
  const { miner, device } = await warm();
  miner.answer = (request) => (request.command ? 'silence' : usual(request));
  const reading = assert.rejects(device.read(), Preempted);
  await settle();
  assert.equal((await device.controls.sleep?.run())?.said, 'API command OK');
  await reading;
});

for (const cut of ['sleep', 'limit'] as const) {
  test(`a cut by ${cut} aborts a wake that the miner is slow to answer`, async () => {
    const { miner, device } = await warm();
    miner.answer = (request) => (request.cmd === 'power_on' ? 'silence' : usual(request));
    const { sleep, wake, limit } = device.controls;
    const waking = assert.rejects(wake?.run() ?? Promise.resolve(), Preempted);
    await settle();
    const ack = await (cut === 'sleep' ? sleep?.run() : limit?.run(50, true));
    assert.equal(ack?.said, 'API command OK');
    await waking;
  });
}

test('a raised limit waits for a cut that is on the wire', async () => {
  const { miner, device } = await warm();
  const { sleep, limit } = device.controls;
  const cut = sleep?.run();
  const raise = limit?.run(100, false);
  await Promise.all([cut, raise]);
  assert.deepEqual(miner.commands(), ['power_off', 'set_power_pct']);
});

test('a reading of an awake miner costs three round trips', async () => {
  const { miner, device } = await warm();
  const reading = await device.read();
  assert.deepEqual(miner.commands(), ['status', 'summary', 'get_error_code']);
  assert.equal(reading.powerW, 3306);
  assert.equal(reading.repairs, 0);
});

test('its pools are asked for ahead, and whether they answer is left out, as that would be old', async () => {
  const { miner, device } = open({ secret: async () => 'admin' });
  const POOLS = '[{"URL":"stratum+tcp://a.invalid:3333","User":"me.1","Status":"Alive","Stratum Active":true}]';
  miner.answer = (request) =>
    request.command === 'pools' ? `{"STATUS":[{"STATUS":"S"}],"POOLS":${POOLS}}` : usual(request);
  device.start();
  await settle(60);
  assert.deepEqual((await device.read()).pools, [{ url: 'stratum+tcp://a.invalid:3333', user: 'me.1' }]);
});

test('a miner that lists its faults in the summary is not asked for them again', async () => {
  const { miner, device } = await warm();
  miner.answer = (request) =>
    usual(request).replace('"Power":3306', '"Power":3306,"Error Code Count":1,"Error Code 0":110');
  assert.deepEqual((await device.read()).faults, ['110']);
  assert.deepEqual(miner.commands(), ['status', 'summary']);
});

test('a sleeping miner whose hashing process does not answer is asleep, not failed', async () => {
  const { miner, device } = await warm();
  miner.answer = (request) => {
    if (request.command === 'status') return '{"STATUS":"S","Code":131,"Msg":{"mineroff":"true"},}';
    if (request.command === 'summary') return '{"STATUS":"E","Code":14,"Msg":"invalid cmd"}';
    return usual(request);
  };
  assert.deepEqual(await device.read(), { asleep: true, faults: [], repairs: 1 });
});

test('an awake miner that refuses its summary has no reading', async () => {
  const { miner, device } = await warm();
  miner.answer = (request) =>
    request.command === 'summary' ? '{"STATUS":"E","Code":14,"Msg":"invalid cmd"}' : usual(request);
  await assert.rejects(device.read(), { kind: 'unsupported', code: 14 });
});

test('a password file that is missing stops no reading, and the error of a write names the file', async () => {
  const { miner, device } = open({
    secret: async () => {
      throw new Error('ENOENT');
    },
  });
  assert.equal((await device.read()).powerW, 3306);
  await assert.rejects(device.controls.sleep?.run() ?? Promise.resolve(), { kind: 'unauthorised', message: /m01\.pw/ });
  assert.equal(miner.commands().includes('get_token'), false);
});

test('a stopped device lets go of the wire and refuses what comes later', async () => {
  const { miner, device, clock } = await warm();
  miner.answer = () => 'silence';
  const reading = assert.rejects(device.read(), Preempted);
  await settle();
  await device.stop();
  await reading;
  await assert.rejects(device.read(), Preempted);
  assert.ok(miner.streams.every((stream) => stream.destroyed));
  await clock.advance(60 * 60_000);
  assert.deepEqual(miner.commands(), ['status']);
});

type Request = { command?: string; cmd?: string; [parameter: string]: unknown };

/** Answers with the text; closes without a word on undefined; says nothing and stays on 'silence'. */
type Answer = (request: Request) => string | undefined;

async function warm() {
  const parts = open({ secret: async () => 'admin' });
  parts.device.start();
  await settle(60);
  assert.deepEqual(parts.miner.commands(), ['get_version', 'get_miner_info', 'get_token', 'pools']);
  return parts;
}

function open({ secret }: { secret(file: string): Promise<string> }) {
  const clock = new VirtualClock();
  const miner = new ScriptedMiner();
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const options = { host: '10.0.1.11', port: 4028, password_file: 'm01.pw' };
  const device = whatsminerV2.open(options, { id: 'm01', clock, log, connect: miner.connect, secret });
  return { clock, miner, device };
}

/** The miner's end of the wire: hands out one challenge, whose key and sign for the password `admin` are published. */
class ScriptedMiner {
  readonly sign = 'w.BNbkCV6n1aNWgiBWLzT/';
  answer: Answer = usual;
  /** Our ends of its connections. */
  readonly streams: Duplex[] = [];
  #asked: Request[] = [];

  /** What was asked since the last call, unsealed. */
  asked(): Request[] {
    return this.#asked.splice(0);
  }

  commands(): unknown[] {
    return this.asked().map((request) => request.cmd ?? request.command);
  }

  connect = async (): Promise<Duplex> => {
    const [ours, theirs] = duplexPair();
    this.streams.push(ours);
    theirs.once('data', (data: Buffer) => {
      const request = unsealed(JSON.parse(String(data)));
      this.#asked.push(request);
      const reply = this.answer(request);
      if (reply !== 'silence') theirs.end(reply === undefined ? undefined : `${reply}\0`);
    });
    return ours;
  };
}

const replies: Record<string, string> = {
  get_token: '{"STATUS":"S","Code":134,"Msg":{"time":"5626","salt":"BQ5hoXV9","newsalt":"jbzkfQls"}}',
  get_version: '{"STATUS":"S","Code":131,"Msg":{"fw_ver":"20240315.12.REL","miner_type":"M50S_VH50"}}',
  get_miner_info: '{"STATUS":"S","Code":131,"Msg":{"mac":"02:5A:11:A5:00:01","minersn":"SIM0001"}}',
  status: '{"STATUS":"S","Code":131,"Msg":{"mineroff":"false","power_pct":100}}',
  summary: '{"STATUS":[{"STATUS":"S","Code":11,"Msg":"Summary"}],"SUMMARY":[{"Power":3306}]}',
  get_error_code: '{"STATUS":"S","Code":131,"Msg":{"error_code":[]}}',
};

function usual(request: Request): string {
  return replies[request.command ?? ''] ?? ok;
}

function unsealed(request: Request): Request {
  if (request['enc'] !== 1) return request;
  const key = createHash('sha256').update('RxmaDUO33TS7O26yeMHZ81').digest();
  const decipher = createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  const text = decipher.update(String(request['data']), 'base64', 'utf8') + decipher.final('utf8');
  try {
    return JSON.parse(text.replaceAll('\0', ''));
  } catch {
    return { unreadable: true };
  }
}
