/** The API that LuxOS serves on TCP 4028, over any stream: no password, one session for whoever changes things. */
import type { Duplex } from 'node:stream';
import { parseObject, serveCgminer } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { LuxosMiner } from './luxos-miner.ts';
import type { Body } from './luxos-reads.ts';
import { readBody } from './luxos-reads.ts';
import { write } from './luxos-writes.ts';

/** The first three are cgminer's own, `sessionCreated` is on the vendor's pages; the others are assumed. */
const code = {
  unknownCommand: 14,
  badJson: 23,
  noCommand: 24,
  sessionCreated: 316,
  sessionHeld: 317,
  sessionEnded: 318,
  badSession: 320,
  refused: 400,
};

/** Serves one connection. */
export function serveLuxos(miner: LuxosMiner, clock: SimulatorClock, stream: Duplex): void {
  serveCgminer(miner, clock, stream, (request, when) => answer(request, miner, when));
}

/** The whole reply to one request, as text. */
function answer(text: string, miner: LuxosMiner, when: number): string {
  const failure = (status: number, words: string) => reply(miner, when, 'E', { code: status, words, sections: {} });
  const request = parseObject(text);
  if (!request) return failure(code.badJson, 'Invalid JSON');
  const { command, parameter = '' } = request;
  if (typeof command !== 'string') return failure(code.noCommand, "Missing JSON 'command'");
  if (command === 'logon') return logon(miner, when) ?? failure(code.sessionHeld, 'Another session is active');
  const body = readBody(command, miner, when);
  if (body) return reply(miner, when, 'S', body);
  const [id = '', ...parameters] = String(parameter).split(',');
  if (command === 'logoff') return logoff(id, miner, when) ?? failure(code.badSession, 'Invalid session id');
  const outcome = write(command, parameters, miner);
  if (!outcome) return failure(code.unknownCommand, 'Invalid command');
  if (!miner.session.use(id)) return failure(code.badSession, 'Invalid session id');
  miner.writes.push([command, ...parameters].join(' '));
  if ('refusal' in outcome) return failure(code.refused, outcome.refusal);
  if (!miner.faults.ignoresCommands) outcome.act();
  return reply(miner, when, 'S', outcome.body);
}

function logon(miner: LuxosMiner, when: number): string | undefined {
  const id = miner.session.logon();
  if (id === undefined) return undefined;
  const sections = { SESSION: [{ SessionID: id }] };
  return reply(miner, when, 'S', { code: code.sessionCreated, words: 'Session created', sections });
}

function logoff(id: string, miner: LuxosMiner, when: number): string | undefined {
  if (!miner.session.use(id)) return undefined;
  miner.session.end();
  return reply(miner, when, 'S', { code: code.sessionEnded, words: 'Session terminated', sections: {} });
}

function reply({ spec }: LuxosMiner, when: number, status: 'S' | 'E', { code, words, sections }: Body): string {
  const head = { Code: code, Description: `LUXminer ${spec.firmware}`, Msg: words, STATUS: status, When: when };
  return JSON.stringify({ ...sections, STATUS: [head], id: 1 });
}
