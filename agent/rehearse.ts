/**
 * An order that is only rehearsed. The first one a process gets finds its code cold, and costs several times as much as
 * every later one: so one is verified and decided upon before any comes. Nothing of it is kept, told or acted upon.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { Prediction } from '#protocol/lifecycle.ts';
import type { OrderBody } from '#protocol/order.ts';
import { signMessage } from '#protocol/signing.ts';
import { timestampOf } from '#protocol/time.ts';
import { orderTopic } from '#protocol/topics.ts';
import type { Policy } from './config/policy.ts';
import { emptyMemory } from './decide/plan.ts';
import { predict } from './decide/predict.ts';
import type { Admission } from './sense/admit-order.ts';
import { admitOrder } from './sense/admit-order.ts';
import type { Now } from './state/observation.ts';
import type { Picture } from './state/picture.ts';

export type Stage = {
  readonly site: string;
  readonly rack: string;
  readonly policy: Policy;
  readonly picture: Picture;
  readonly now: Now;
};

const ISSUER = 'rehearsal';
/** As often as makes the compiler take notice; beyond that a start gains nothing more. */
const TIMES = 10;

/** What became of the order at the door, and what it would have done. */
export type Rehearsed = { readonly admission: Admission; readonly prediction: Prediction };

export async function rehearse({ site, rack, policy: own, picture, now }: Stage): Promise<Rehearsed> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const order = await signMessage(cutFor(site, rack, now), ISSUER, (bytes) => sign(null, bytes, privateKey));
  const policy: Policy = { ...own, issuers: [issuer], commissioning: 'waived' };
  const keys = new Map([[ISSUER, { issuer: ISSUER, key: publicKey }]]);
  const gate = { site, rack, groups: [], policy, keys, now, clock: 'good' as const };
  const topic = orderTopic(site, ISSUER, ISSUER, order.scope.to);
  const payload = new TextEncoder().encode(JSON.stringify(order));
  const once = () => ({
    admission: admitOrder(topic, payload, { own: undefined, blind: undefined }, gate),
    prediction: predict(picture, policy, emptyMemory, order, now, rack),
  });
  for (let time = 1; time < TIMES; time++) once();
  return once();
}

const issuer: Policy['issuers'][number] = {
  id: ISSUER,
  keys: [`${ISSUER}.pub`],
  may: ['ceiling'],
  programs: [ISSUER],
  max_duration_s: 60,
  lowest_priority: 0,
};

function cutFor(site: string, rack: string, { wall }: Now): OrderBody {
  const at = timestampOf(wall);
  return {
    v: 1,
    type: 'order',
    id: ISSUER,
    event: ISSUER,
    issuer: ISSUER,
    program: ISSUER,
    seq: 1,
    scope: { site, to: `rack/${rack}` },
    issued_at: at,
    intervals: [{ from: at, until: timestampOf(wall + 60_000), target: { kind: 'ceiling', fraction: 0.5 } }],
    priority: 0,
    ramp: { down_w_per_s: null, up_w_per_s: null },
    deadline_s: 10,
    reason: 'a rehearsal',
  };
}
