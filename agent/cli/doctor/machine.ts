/** The controller itself: its clock, its disk, the agent that runs on it, and certificates that run out. */
import { X509Certificate } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '#agent/config/config.ts';
import type { Policy } from '#agent/config/policy.ts';
import type { Clock } from '#agent/platform/clock.ts';
import { kernelClock } from '#agent/platform/clock-quality.ts';
import { askLocal, LocalError } from '#agent/platform/local-socket.ts';
import type { Millis } from '#protocol/units.ts';
import type { Finding } from './finding.ts';
import { fail, ok, warn } from './finding.ts';

const LEAST_FREE_BYTES = 200 * 1024 * 1024;
const SOON_MS: Millis = 30 * 86_400_000;

export function checkClock(policy: Policy): Finding {
  if (policy.clock === 'trusted') return ok('clock', 'trusted: the policy says that this machine keeps good time');
  if (kernelClock()() === 'good') return ok('clock', 'set: the kernel vouches for it');
  return fail(
    'clock',
    'the kernel says that nobody has set the clock: releases and commands will wait',
    'install chrony or systemd-timesyncd, or say clock: trusted in the policy',
  );
}

export async function checkDisk({ state }: Config): Promise<Finding> {
  try {
    const folder = await nearest(state);
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const mib = Math.floor((bavail * bsize) / 1024 / 1024);
    if (bavail * bsize >= LEAST_FREE_BYTES) return ok('disk', `${state}: ${mib} MiB free`);
    return warn('disk', `only ${mib} MiB are free for ${state}`, 'free some space: the journal goes there');
  } catch {
    return fail('disk', `no permission for ${state}`, 'run as the user of the agent, or change its owner');
  }
}

/** `folder`, or the part of its path that is there already. */
async function nearest(folder: string): Promise<string> {
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  return there || folder === '/' ? folder : await nearest(dirname(folder));
}

export async function checkCertificates({ broker }: Config, wall: Millis): Promise<Finding[]> {
  const files = [broker.ca, broker.certificate].filter((file) => file !== undefined);
  return await Promise.all(files.map((file) => checkCertificate(file, wall)));
}

async function checkCertificate(file: string, wall: Millis): Promise<Finding> {
  const about = `certificate ${file}`;
  try {
    const until = new X509Certificate(await readFile(file)).validToDate;
    const day = until.toISOString().slice(0, 10);
    const fix = 'have it renewed, and restart the agent';
    if (until.getTime() < wall) return fail(about, `it expired on ${day}`, fix);
    return until.getTime() - wall < SOON_MS ? warn(about, `it expires on ${day}`, fix) : ok(about, `good until ${day}`);
  } catch {
    return fail(about, 'it is no certificate in PEM form', 'name the right file');
  }
}

export async function checkAgent({ socket }: Config, clock: Clock): Promise<Finding> {
  try {
    await askLocal(socket, 'status', {}, { clock, timeoutMs: 5000 });
    return ok('agent', `it runs and answers on ${socket}`);
  } catch (error) {
    const { code, message } = error instanceof LocalError ? error : { code: '', message: String(error) };
    if (code === 'no_agent') return warn('agent', 'it does not run', 'systemctl start ballast, or ballast agent');
    return fail('agent', message, 'systemctl status ballast tells more');
  }
}
