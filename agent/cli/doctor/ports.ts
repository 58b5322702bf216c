/** Serial ports: there, open to this user, and held by nobody but the agent. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { holderOf } from '#adapters/transport/flock-holder.ts';
import type { Config } from '#agent/config/config.ts';
import type { Finding } from './finding.ts';
import { fail, ok } from './finding.ts';

/** @param agentRuns then it is the agent that holds them: another holder would show as trouble of its meters. */
export async function checkPorts({ buses }: Config, agentRuns: boolean): Promise<Finding[]> {
  const ports = buses.flatMap((bus) => (bus.kind === 'rtu' ? [{ about: `port ${bus.id}`, path: bus.port }] : []));
  return await Promise.all(ports.map(({ about, path }) => checkPort(about, path, agentRuns)));
}

async function checkPort(about: string, path: string, agentRuns: boolean): Promise<Finding> {
  const port = await stat(path).catch(() => undefined);
  if (!port)
    return fail(about, `there is no ${path}`, 'plug the adapter in; ls /dev/serial/by-id shows those there are');
  if (!port.isCharacterDevice()) return fail(about, `${path} is no serial port`, 'name one below /dev/serial/by-id');
  try {
    await access(path, constants.R_OK | constants.W_OK);
  } catch {
    return fail(
      about,
      `no permission for ${path}`,
      'add the user to its group: usermod -aG dialout USER, then log in anew',
    );
  }
  const holder = await holderOf(path);
  if (holder === undefined) return ok(about, `${path} is free`);
  if (agentRuns) return ok(about, `${path} is in use by ${holder}`);
  return fail(about, `${path} is held by ${holder}`, 'end it: two programs on one line spoil each other’s replies');
}
