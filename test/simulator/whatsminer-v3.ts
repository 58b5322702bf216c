/** The API that newer WhatsMiner firmware serves on TCP 4433, over any stream: JSON in frames, writes signed. */
import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { garbled, parseObject } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { WhatsminerV3 } from './whatsminer-v3-miner.ts';
import { infoOf, settingOf, statusOf } from './whatsminer-v3-reads.ts';

type Request = Record<string, unknown>;
type Outcome = { code: number; msg: unknown };

const failed: Outcome = { code: -1, msg: 'fail' };
const unknownCommand: Outcome = { code: -2, msg: 'invalid command' };
const badParameter: Outcome = { code: -3, msg: 'param error' };
const denied: Outcome = { code: -4, msg: 'permission denied' };
const done: Outcome = { code: 0, msg: 'ok' };

/** Serves one connection, on which requests may follow each other. */
export function serveWhatsminerV3(miner: WhatsminerV3, clock: SimulatorClock, stream: Duplex): void {
  // The client's end may vanish at any time; there is nobody to tell.
  stream.on('error', () => {});
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  let received = Buffer.alloc(0);
  let before = Promise.resolve();
  stream.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 4 && received.length >= 4 + received.readUInt32LE(0)) {
      const end = 4 + received.readUInt32LE(0);
      const text = received.subarray(4, end).toString();
      received = received.subarray(end);
      before = before.then(() => converse(text, miner, clock, stream, gone.signal)).catch(() => void stream.destroy());
    }
  });
}

async function converse(
  text: string,
  miner: WhatsminerV3,
  clock: SimulatorClock,
  stream: Duplex,
  gone: AbortSignal,
): Promise<void> {
  const { faults, spec } = miner;
  if (faults.closesWithoutReply) return void stream.destroy();
  if (faults.silent) return;
  await clock.sleep(spec.timing.replyMs, gone);
  if (!miner.energised) return;
  const request = parseObject(text) ?? {};
  const when = Math.floor(clock.wall() / 1000) + spec.clockOffS;
  const reply = JSON.stringify({ ...answer(request, miner, when), when, desc: request['cmd'] });
  const lateMs = (faults.answersAfterMs ?? 0) - spec.timing.replyMs;
  if (lateMs > 0) await clock.sleep(lateMs, gone);
  if (!miner.energised) return;
  const body = Buffer.from(garbled(reply, faults));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  stream.write(Buffer.concat([head, body]));
}

function answer(request: Request, miner: WhatsminerV3, when: number): Outcome {
  const { cmd, param } = request;
  switch (cmd) {
    case 'get.device.info':
      return { code: 0, msg: infoOf(miner, typeof param === 'string' ? param : undefined) };
    case 'get.miner.status':
      return { code: 0, msg: statusOf(miner, String(param)) };
    case 'get.miner.setting':
      return { code: 0, msg: settingOf(miner) };
  }
  const act = actionFor(String(cmd), param, miner);
  if (act === unknownCommand) return unknownCommand;
  if (!miner.writeApi || miner.faults.lockedOut || !isSigned(request, miner, when)) return denied;
  miner.takeWrite(`${cmd} ${JSON.stringify(param)}`);
  if (typeof act !== 'function') return act;
  if (miner.faults.refusesSleep && param === 'stop') return failed;
  if (!miner.faults.ignoresCommands) act();
  return done;
}

function isSigned({ cmd, ts, account, token }: Request, { spec, salt }: WhatsminerV3, when: number): boolean {
  const digest = createHash('sha256').update(`${cmd}${spec.password}${salt}${ts}`).digest('base64');
  const inTime = Math.abs(Number(ts) - when) <= spec.signatureWindowS;
  return account === 'super' && inTime && token === digest.slice(0, 8);
}

function actionFor(cmd: string, param: unknown, miner: WhatsminerV3): Outcome | (() => void) {
  switch (cmd) {
    case 'set.miner.service':
      return service(param, miner);
    case 'set.miner.power_percent':
      return percentage(param, miner);
    case 'set.system.led':
      return () => {
        miner.led = param;
      };
    case 'set.system.reboot':
      return () => miner.reboot();
    default:
      return unknownCommand;
  }
}

function service(param: unknown, miner: WhatsminerV3): Outcome | (() => void) {
  if (param === 'stop') return () => miner.powerOff();
  if (param === 'start') return () => miner.powerOn();
  return param === 'restart' ? () => miner.restart() : badParameter;
}

function percentage(param: unknown, miner: WhatsminerV3): Outcome | (() => void) {
  if (miner.spec.percentAsText !== (typeof param === 'string')) return badParameter;
  const { percent } = typeof param === 'string' ? (parseObject(param) ?? {}) : (param as Request);
  const value = typeof percent === 'string' && /^\d+$/.test(percent) ? Number(percent) : Number.NaN;
  return value <= 100 ? () => miner.setPercent(value) : badParameter;
}
