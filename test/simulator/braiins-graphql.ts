/**
 * The GraphQL interface of older Braiins OS, and the one page of LuCI with the MAC. It is no GraphQL engine: it knows the
 * fields that a query may name, and answers all of them. Fields and types as recorded from 22.08 to 25.05.
 */
import type { Duplex } from 'node:stream';
import type { BraiinsMiner } from './braiins-miner.ts';
import { parseObject } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { WebReply, WebRequest } from './web.ts';
import { webDoor } from './web.ts';

const BOARDS = 3;
const FANS = 4;

type Variables = Record<string, unknown>;
type Mutation = {
  field: RegExp;
  path: readonly string[];
  type: string;
  act(variables: Variables, miner: BraiinsMiner): void;
};

const mutations: readonly Mutation[] = [
  { field: /\bstop\b/, path: ['bosminer', 'stop'], type: 'VoidResult', act: (_, miner) => miner.powerOff() },
  { field: /\bstart\b/, path: ['bosminer', 'start'], type: 'VoidResult', act: (_, miner) => miner.powerOn() },
  { field: /\breboot\b/, path: ['bos', 'reboot'], type: 'VoidResult', act: (_, miner) => miner.reboot() },
  {
    field: /\bsetFaultLight\(enable: \$on\)/,
    path: ['bos', 'setFaultLight'],
    type: 'FaultLight',
    act: ({ on }, miner) => {
      miner.locating = on === true;
    },
  },
  {
    field: /\bupdateAutotuning\(input: \{ enabled: true, powerTarget: \$watts \}, apply: true\)/,
    path: ['bosminer', 'config', 'updateAutotuning'],
    type: 'AutotuningOut',
    act: ({ watts }, miner) => miner.setPowerTarget(Number(watts)),
  },
];

export function braiinsGraphql(miner: BraiinsMiner, clock: SimulatorClock): (stream: Duplex) => void {
  return webDoor(miner, clock, (request) => answer(request, miner));
}

function answer({ method, path, headers, body }: WebRequest, miner: BraiinsMiner): WebReply {
  const isIn = headers.cookie === `session_id=${miner.token}`;
  if (path === '/cgi-bin/luci' && method === 'POST') {
    const form = new URLSearchParams(body);
    const right = form.get('luci_username') === 'root' && form.get('luci_password') === miner.spec.password;
    return right ? { status: 302, headers: cookie(miner) } : { status: 403, body: 'Forbidden' };
  }
  if (path === '/cgi-bin/luci/admin/network/iface_status/lan' && isIn) {
    return { body: [{ macaddr: miner.faults.otherMac ?? miner.spec.mac }] };
  }
  if (path !== '/graphql' || method !== 'POST') {
    return { status: 404, headers: { 'content-type': 'text/html' }, body: '<html><title>404 Not Found</title></html>' };
  }
  const { query, variables } = parseObject(body) ?? {};
  return graphql(String(query), (variables ?? {}) as Variables, isIn, miner);
}

function graphql(query: string, variables: Variables, isIn: boolean, miner: BraiinsMiner): WebReply {
  if (/\blogin\(/.test(query)) return logIn(variables, miner);
  if (!isIn) return complaint('Unauthorized');
  if (/\bevents\b/.test(query)) return complaint('Unknown field "events" on type "Query"');
  if (!query.startsWith('mutation')) return { body: { data: system(miner) } };
  const mutation = mutations.find(({ field }) => field.test(query));
  if (!mutation) return complaint('Unknown field');
  const { path, type, act } = mutation;
  miner.takeWrite([path.at(-1), ...Object.values(variables)].join(' '));
  const refused = miner.faults.refusesSleep && path.at(-1) === 'stop';
  if (!refused && !miner.faults.ignoresCommands) act(variables, miner);
  const result: object = { __typename: refused ? 'BosminerError' : type };
  return { body: { data: path.reduceRight<object>((inner, key) => ({ [key]: inner }), result) } };
}

function logIn({ username, password }: Variables, miner: BraiinsMiner): WebReply {
  if (miner.faults.lockedOut) return { status: 429, body: 'Too Many Requests' };
  const right = username === 'root' && password === miner.spec.password;
  const __typename = right ? 'VoidResult' : 'AuthError';
  return { ...(right && { headers: cookie(miner) }), body: { data: { auth: { login: { __typename } } } } };
}

function cookie(miner: BraiinsMiner): Record<string, string> {
  return { 'set-cookie': `session_id=${miner.token}; Path=/; HttpOnly` };
}

function complaint(message: string): WebReply {
  return { body: { data: null, errors: [{ message }] } };
}

function system(miner: BraiinsMiner): object {
  const { spec, locating, uptimeS, targetW, asleep } = miner;
  const bos = {
    faultLight: locating,
    hostname: spec.id,
    info: { version: { full: spec.firmware } },
    uptime: { durationS: Math.floor(uptimeS) },
  };
  const board = Math.round(miner.inletC + 25 * (miner.watts() / spec.ratedW));
  const megahashes = miner.hashrateThs * 1e6;
  const solver = {
    nominalMhs: spec.ratedThs * 1e6,
    realHashrate: { mhs5S: megahashes },
    childSolvers: Array.from({ length: BOARDS }, (_, index) => ({
      name: String(index + 6),
      temperatures: [
        { name: 'Board', degreesC: board },
        { name: 'Chip', degreesC: board + 15 },
      ],
    })),
  };
  const info = {
    fans: Array.from({ length: FANS }, (_, index) => ({ name: String(index), rpm: asleep ? 1200 : 5600, speed: 100 })),
    summary: { power: { approxConsumptionW: Math.round(miner.watts()), limitW: Math.round(targetW) } },
    workSolver: asleep ? null : solver,
    poolGroups: [
      {
        name: 'Default',
        pools: [
          {
            url: 'stratum+tcp://pool1.invalid:3333',
            user: `ballast.${spec.id}`,
            status: asleep ? 'DEAD' : 'ALIVE',
            active: !asleep,
          },
        ],
      },
    ],
  };
  return { bos, bosminer: { info } };
}
