/** The web API that VNish serves on port 80. Fields and types as recorded from 1.2.7; answers to commands by its maker. */
import type { Duplex } from 'node:stream';
import { parseObject } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { VnishMiner } from './vnish-miner.ts';
import { readInfo, readPerf, readPresets, readSettings, readSummary } from './vnish-reads.ts';
import type { WebReply, WebRequest } from './web.ts';
import { webDoor } from './web.ts';

const reads: Record<string, (miner: VnishMiner) => object> = {
  summary: readSummary,
  'perf-summary': readPerf,
  'autotune/presets': readPresets,
  settings: readSettings,
};

export function vnishWeb(miner: VnishMiner, clock: SimulatorClock): (stream: Duplex) => void {
  return webDoor(miner, clock, (request) => answer(request, miner));
}

function answer({ method, path, headers, body }: WebRequest, miner: VnishMiner): WebReply {
  const name = path.replace(/^\/api\/v1\//, '');
  const isIn = headers.authorization === `Bearer ${miner.token}`;
  if (method === 'GET') {
    // The one page for everybody.
    if (name === 'info') return { body: readInfo(miner) };
    const read = reads[name];
    if (!read) return failed(404, 'Not found');
    return miner.spec.readsLocked && !isIn ? failed(401, 'Unauthorized') : { body: read(miner) };
  }
  if (name === 'unlock') return unlock(parseObject(body) ?? {}, miner);
  const act = actionFor(name, parseObject(body) ?? {}, miner);
  if (!act) return failed(404, 'Not found');
  if (!isIn) return failed(401, 'Unauthorized');
  miner.takeWrite(`${name}${body === '' ? '' : ` ${body.slice(0, 40)}`}`);
  if (miner.faults.refusesSleep && name === 'mining/stop') return failed(500, 'Failed to stop mining');
  if (!miner.faults.ignoresCommands) act();
  return name === 'settings' ? { body: { restart_required: true, reboot_required: false } } : { body: '' };
}

function unlock({ pw }: Record<string, unknown>, miner: VnishMiner): WebReply {
  if (miner.faults.lockedOut) return failed(429, 'Too many attempts');
  return pw === miner.spec.password ? { body: { token: miner.token } } : failed(403, 'Wrong password');
}

function failed(status: number, err: string): WebReply {
  return { status, body: { err } };
}

function actionFor(name: string, body: Record<string, unknown>, miner: VnishMiner): (() => void) | undefined {
  const locate = miner.spec.old ? 'find-miner' : 'locate-miner';
  const actions: Record<string, () => void> = {
    'mining/stop': () => miner.powerOff(),
    'mining/start': () => miner.powerOn(),
    'mining/restart': () => miner.restart(),
    'system/reboot': () => miner.reboot(),
    [locate]: () => {
      miner.locating = body['on'] === true || body['is_enabled'] === true;
    },
    settings: () => setPreset(body, miner),
  };
  return Object.hasOwn(actions, name) ? actions[name] : undefined;
}

function setPreset(body: Record<string, unknown>, miner: VnishMiner): void {
  const { overclock } = body['miner'] as { overclock: { preset: string } };
  const preset = miner.presets.find(({ name }) => name === overclock.preset);
  if (preset) miner.setPreset(preset);
}
