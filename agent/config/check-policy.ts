/** What no schema can see in policy.yaml, and the keys it names. */
import { resolve } from 'node:path';
import { epochMs } from '#protocol/time.ts';
import type { Config } from './config.ts';
import type { IssuerKey, IssuerKeys } from './keys.ts';
import { readPublicKey } from './keys.ts';
import { suggest } from './nearest.ts';
import type { Issuer, Policy } from './policy.ts';
import type { Finding } from './problem.ts';

/** @param config absent when it is not known: what the policy says about devices then goes unchecked. */
export function checkPolicy(policy: Policy, config?: Config): Finding[] {
  return [
    ...checkLimits(policy),
    ...checkThermal(policy),
    ...checkIssuers(policy),
    ...(config ? [...checkProtected(policy, config), ...checkSafety(policy, config)] : []),
  ];
}

/** Every issuer's keys, resolved against `folder`, and what is wrong with those that cannot be used. */
export async function readIssuerKeys(
  policy: Policy,
  folder: string,
): Promise<{ keys: IssuerKeys; findings: Finding[] }> {
  const keys = new Map<string, IssuerKey>();
  const findings: Finding[] = [];
  for (const [i, issuer] of policy.issuers.entries()) {
    for (const [at, entry] of issuer.keys.entries()) {
      const file = typeof entry === 'string' ? entry : entry.file;
      const path = ['issuers', i, 'keys', at];
      const read = await readPublicKey(resolve(folder, file));
      if (read.kind === 'bad') {
        findings.push({ path, message: read.message, hint: read.hint });
        continue;
      }
      const owner = keys.get(read.kid);
      if (owner) findings.push({ path, message: `the key id ${read.kid} is already ${owner.issuer}'s`, hint: RENAME });
      else keys.set(read.kid, { issuer: issuer.id, key: read.key, ...retirement(entry) });
    }
  }
  return { keys, findings };
}

const RENAME = "a key's id is its file name: rename one, at the issuer too";

function checkLimits({ limits: { ceiling_w, min_w } }: Policy): Finding[] {
  if (ceiling_w === undefined || min_w <= ceiling_w) return [];
  return [{ path: ['limits', 'min_w'], message: `${min_w} W is above the ceiling of ${ceiling_w} W` }];
}

function checkThermal({ thermal }: Policy): Finding[] {
  return (['inlet', 'coolant'] as const).flatMap((what) => {
    const [warnC, tripC] = [thermal[`${what}_warn_c`], thermal[`${what}_trip_c`]];
    if (warnC === undefined || tripC === undefined || warnC < tripC) return [];
    return [{ path: ['thermal', `${what}_warn_c`], message: `${warnC} °C is not below the trip at ${tripC} °C` }];
  });
}

function checkIssuers({ issuers }: Policy): Finding[] {
  const ids = issuers.map(({ id }) => id);
  return ids.flatMap((id, i) =>
    ids.indexOf(id) < i ? [{ path: ['issuers', i, 'id'], message: `${id} stands here twice` }] : [],
  );
}

function checkProtected({ protect }: Policy, { devices }: Config): Finding[] {
  return listed(
    'device',
    protect,
    devices.map(({ id }) => id),
    ['protect'],
  );
}

/** Breakers, what cools, and PDUs, by the names that the config knows. */
function checkSafety({ breakers, cooling, pdu_limits }: Policy, { devices, pdus }: Config): Finding[] {
  const ids = devices.map(({ id }) => id);
  return [
    ...breakers.flatMap((breaker, i) => listed('device', breaker.devices, ids, ['breakers', i, 'devices'])),
    ...cooling.flatMap(({ device, serves }, i) => [
      ...unlisted('device', device, ids, ['cooling', i, 'device']),
      ...(serves === 'all' ? [] : listed('device', serves, ids, ['cooling', i, 'serves'])),
    ]),
    ...pdu_limits.flatMap(({ pdu }, i) =>
      unlisted(
        'PDU',
        pdu,
        pdus.map(({ id }) => id),
        ['pdu_limits', i, 'pdu'],
      ),
    ),
  ];
}

function listed(what: string, names: readonly string[], ids: readonly string[], path: Finding['path']): Finding[] {
  return names.flatMap((id, at) => unlisted(what, id, ids, [...path, at]));
}

function unlisted(what: string, id: string, ids: readonly string[], path: Finding['path']): Finding[] {
  return ids.includes(id) ? [] : [{ path, message: `there is no ${what} ${id}`, hint: suggest(id, ids) }];
}

function retirement(entry: Issuer['keys'][number]): Pick<IssuerKey, 'notAfter'> {
  return typeof entry === 'string' ? {} : { notAfter: epochMs(entry.not_after) };
}
