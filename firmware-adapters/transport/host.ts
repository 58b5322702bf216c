/** What an adapter of hardware in this very machine reaches it through. */
import type { AdapterContext, Host } from '../contract.ts';
import { createNvml } from '../gpu/nvml.ts';
import { runCommand } from './command.ts';
import { openSysfs } from './sysfs.ts';

/** Nothing is loaded or opened before it is first used. @param sysfs where the kernel's /sys is. */
export function systemHost(sysfs?: string): Host {
  return { nvml: createNvml(), sysfs: openSysfs(sysfs), run: runCommand };
}

export function hostOf({ id, host }: AdapterContext): Host {
  // A rack that steers only what is on the network may be built without.
  if (!host) throw new Error(`${id} is in this machine, and the machine was not given`);
  return host;
}
