/** An issuer with its key, the policy that names it, and the order and command that all tests of admission vary. */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { IssuerKeys } from '#agent/config/keys.ts';
import type { Policy } from '#agent/config/policy.ts';
import { policySchema } from '#agent/config/policy.ts';
import type { Now } from '#agent/state/observation.ts';
import type { CommandBody } from '#protocol/command.ts';
import type { OrderBody } from '#protocol/order.ts';
import type { Signature } from '#protocol/signing.ts';
import { bytesToSign } from '#protocol/signing.ts';
import { epochMs } from '#protocol/time.ts';

const KID = 'qse-north-2026';
export const AT: Now = { wall: epochMs('2026-11-21T21:00:00Z'), mono: 0 };

const north = generateKeyPairSync('ed25519');
const south = generateKeyPairSync('ed25519');

/** `south-1` belongs to another issuer, who is in the policy too. */
export const keys: IssuerKeys = new Map([
  [KID, { issuer: 'qse-north', key: north.publicKey }],
  ['south-1', { issuer: 'qse-south', key: south.publicKey }],
]);

export const policy: Policy = policySchema.parse({
  commissioning: 'waived',
  issuers: [
    {
      id: 'qse-north',
      keys: [`${KID}.pub`],
      may: ['ceiling', 'trip', 'setpoint'],
      programs: ['ecrs'],
      max_duration_s: 3600,
      lowest_priority: 2,
    },
    { id: 'qse-south', keys: ['south-1.pub'], may: ['ceiling'], programs: ['ecrs'] },
  ],
});

export function orderBody(change: Partial<OrderBody> = {}): OrderBody {
  return {
    v: 1,
    type: 'order',
    id: 'o-1',
    event: 'ecrs-a',
    issuer: 'qse-north',
    program: 'ecrs',
    seq: 7,
    scope: { site: 'tx1', to: 'all' },
    issued_at: '2026-11-21T21:00:00.000Z',
    intervals: [
      { from: '2026-11-21T21:00:00Z', until: '2026-11-21T22:00:00Z', target: { kind: 'ceiling', fraction: 0.4 } },
    ],
    priority: 2,
    ramp: { down_w_per_s: null, up_w_per_s: 200 },
    deadline_s: 30,
    reason: 'a test',
    ...change,
  };
}

export function commandBody(change: Partial<CommandBody> = {}): CommandBody {
  return {
    v: 1,
    type: 'command',
    id: 'c-1',
    issuer: 'qse-north',
    scope: { site: 'tx1', to: 'rack/r07' },
    issued_at: '2026-11-21T21:00:00.000Z',
    valid_until: '2026-11-21T21:00:20.000Z',
    action: { kind: 'dry_run', order: orderBody() },
    ...change,
  };
}

/** Signed by qse-north, whatever `kid` says. */
export function signed<T extends object>(message: T, kid = KID): T & { signature: Signature } {
  const value = sign(null, bytesToSign(message), north.privateKey).toString('base64url');
  return { ...message, signature: { alg: 'Ed25519', kid, value } };
}

export function bytes(message: unknown): Uint8Array {
  return Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
}
