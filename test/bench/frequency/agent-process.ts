/**
 * A process of its own, on Node as the agent is started with it: it lets the grid go through a rig, and says what came
 * of it.
 */
import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Millis } from '#protocol/units.ts';
import { nodeOptions } from '#test/support/launcher.ts';
import { next } from '../command-path/await.ts';
import type { Crossings, ToRack } from './rack-process.ts';
import type { Cut, Wire } from './rig.ts';
import { openRig } from './rig.ts';

export type ToAgent = ToRack & { readonly wire: Wire };
export type FromAgent = { readonly cuts: readonly Cut[]; readonly crossings: Crossings };

/** The last of them may be cut after the recording has ended. */
const LAST_CUT_MS: Millis = 1000;

export async function replayed(event: ToAgent): Promise<FromAgent> {
  const child = fork(import.meta.filename, { execArgv: nodeOptions() });
  const said = new EventEmitter();
  child.on('message', (message) => said.emit('what was cut', message));
  child.send(event);
  return await next<FromAgent>(said, 'what was cut');
}

async function replay({ wire, looks, thresholds }: ToAgent): Promise<FromAgent> {
  const rig = await openRig(wire, thresholds);
  const crossings = await rig.replay(looks);
  await sleep(LAST_CUT_MS);
  await rig.stop();
  return { cuts: rig.cuts, crossings };
}

if (import.meta.main) {
  process.once('message', async (event: ToAgent) => {
    process.send?.(await replay(event));
    process.disconnect();
  });
}
