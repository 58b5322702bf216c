/** The two files of a bench's rack, and an issuer whose key the rack knows. */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey, sign } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeKeyPair } from '#agent/config/keys.ts';
import type { Order, Target } from '#protocol/order.ts';
import { signMessage } from '#protocol/signing.ts';
import { timestampOf } from '#protocol/time.ts';
import { PASSWORD } from './miners.ts';

export const RACK = 'r01';
/** The floor listens on a site of its own, so that neither hears the other's orders. */
export const SITES = { agent: 'bench', floor: 'floor' } as const;
export const ISSUER = 'grid-operator';
export const PROGRAM = 'ecrs';
/** The config's default: what a site gets that says nothing about it. */
export const POLL_MS = 5000;

const KEY = 'grid-operator-2026';
const LASTS_MS = 3_600_000;

export type SiteFiles = { config: string; policy: string; publicKey: string; issuer: KeyObject };

export async function writeSite(folder: string, brokerUrl: string, devices: readonly object[]): Promise<SiteFiles> {
  const pair = await writeKeyPair(folder, KEY);
  if (pair.kind === 'kept') throw new Error(`${pair.file} is there already`);
  await writeFile(join(folder, 'miners.pw'), `${PASSWORD}\n`, { mode: 0o600 });
  const files = { config: join(folder, 'config.yaml'), policy: join(folder, 'policy.yaml') };
  await writeFile(
    files.config,
    stringify({ site: SITES.agent, rack: RACK, broker: { urls: [brokerUrl] }, socket: 'ballast.sock', devices }),
  );
  const issuer = { id: ISSUER, keys: [`${KEY}.pub`], may: ['ceiling', 'release'], programs: [PROGRAM] };
  await writeFile(
    files.policy,
    stringify({
      limits: { restore_window_s: 0 },
      // The way back is not what is measured.
      starts: { apart_s: 0 },
      issuers: [issuer],
      clock: 'trusted',
      commissioning: 'waived',
    }),
  );
  return {
    ...files,
    publicKey: await readFile(pair.files.pub, 'utf8'),
    issuer: createPrivateKey(await readFile(pair.files.key, 'utf8')),
  };
}

export function minerDevices(miners: readonly { port: number; mac: string }[]): object[] {
  return miners.map(({ port, mac }, i) => ({
    id: `m${String(i + 1).padStart(3, '0')}`,
    adapter: 'whatsminer-v2',
    host: '127.0.0.1',
    port,
    mac,
    password_file: 'miners.pw',
    rated_w: 3400,
    period_ms: POLL_MS,
  }));
}

/** `number` makes the id and the seq; orders of one `event` succeed each other. */
export function signedOrder(
  issuer: KeyObject,
  { site, event, number, target }: { site: string; event: string; number: number; target: Target },
): Promise<Order> {
  const issuedAt = Date.now();
  const interval = { from: timestampOf(issuedAt), until: timestampOf(issuedAt + LASTS_MS), target };
  const body = {
    v: 1 as const,
    type: 'order' as const,
    id: `o-${number}`,
    event,
    issuer: ISSUER,
    program: PROGRAM,
    seq: number,
    scope: { site, to: `rack/${RACK}` },
    issued_at: timestampOf(issuedAt),
    intervals: [interval],
    priority: 0,
    ramp: { down_w_per_s: null, up_w_per_s: null },
    deadline_s: 10,
    reason: 'bench',
  };
  return signMessage(body, KEY, (bytes) => sign(null, bytes, issuer));
}
