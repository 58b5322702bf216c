/** The API that LuxOS serves on TCP 4028, over any stream: no password, one session for whoever changes things. */
import type { Duplex } from 'node:stream';
import { parseObject, serveCgminer } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { LuxosMiner } from './luxos-miner.ts';
import type { Body } from './luxos-reads.ts';
import { readBody } from './luxos-reads.ts';
import { write } from './luxos-writes.ts';

/**
 * The first three are cgminer's own, `sessionCreated` is on the vendor's pages, `sessionHeld` in luxos-tooling's
 * `asyncops.py`; the others are assumed.
 */
const code = {
  unknownCommand: 14,
  badJson: 23,
  noCommand: 24,
  sessionCreated: 316,
  sessionEnded: 318,
  badSession: 320,
  refused: 400,
  sessionHeld: 402,
};

/** Serves one connection. */
export function serveLuxos(miner: LuxosMiner, clock: SimulatorClock, stream: Duplex): void {
  serveCgminer(miner, clock, stream, (request, when) => JSON.stringify(answer(request, miner, when)));
}

/** The whole reply to one request. Several commands may be joined by `+`, as cgminer allows for reads. */
function answer(text: string, miner: LuxosMiner, when: number): object {
  const request = parseObject(text);
  if (!request) return failure(miner, when, code.badJson, 'Invalid JSON');
  const { command, parameter = '' } = request;
  if (typeof command !== 'string') return failure(miner, when, code.noCommand, "Missing JSON 'command'");
  const joined = command.split('+');
  if (joined.length === 1) return obey(command, String(parameter).split(','), miner, when);
  const parts = joined.map((each) => [each, [obey(each, [], miner, when)]]);
  return { ...Object.fromEntries(parts), id: 1 };
}

/** The first parameter of a command that changes something is the session's id. */
function obey(command: string, [id = '', ...parameters]: readonly string[], miner: LuxosMiner, when: number): object {
  const body = readBody(command, miner, when);
  if (body) return success(miner, when, body);
  if (command === 'logon') return logon(miner, when);
  if (command === 'logoff') return logoff(id, miner, when);
  const outcome = write(command, parameters, miner);
  if (!outcome) return failure(miner, when, code.unknownCommand, 'Invalid command');
  if (!miner.session.use(id)) return failure(miner, when, code.badSession, 'Invalid session id');
  miner.takeWrite([command, ...parameters].join(' '));
  if ('refusal' in outcome) return failure(miner, when, code.refused, outcome.refusal);
  if (!miner.faults.ignoresCommands) outcome.act();
  return success(miner, when, outcome.body);
}

function logon(miner: LuxosMiner, when: number): object {
  const id = miner.session.logon();
  if (id === undefined) return failure(miner, when, code.sessionHeld, 'Another session is active');
  const sections = { SESSION: [{ SessionID: id }] };
  return success(miner, when, { code: code.sessionCreated, words: 'Session created', sections });
}

function logoff(id: string, miner: LuxosMiner, when: number): object {
  if (!miner.session.use(id)) return failure(miner, when, code.badSession, 'Invalid session id');
  miner.session.end();
  return success(miner, when, { code: code.sessionEnded, words: 'Session terminated', sections: {} });
}

function success({ spec }: LuxosMiner, when: number, { code: status, words, sections }: Body): object {
  return { ...sections, STATUS: [head(spec.firmware, when, 'S', status, words)], id: 1 };
}

function failure({ spec }: LuxosMiner, when: number, status: number, words: string): object {
  return { STATUS: [head(spec.firmware, when, 'E', status, words)], id: 1 };
}

function head(firmware: string, when: number, letter: 'S' | 'E', status: number, words: string): object {
  return { Code: status, Description: `LUXminer ${firmware}`, Msg: words, STATUS: letter, When: when };
}
