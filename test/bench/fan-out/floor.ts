/**
 * The least that can put miners to sleep: every socket opened at once, each make's own exchanges, one after the other.
 * No queue, no picture, no check of who answers.
 */
import { createConnection } from 'node:net';
import { Keyring, seal } from '#adapters/asic/whatsminer/crypto.ts';
import type { Millis } from '#protocol/units.ts';
import type { BenchMiner } from './miners.ts';
import { PASSWORD } from './miners.ts';

export type Warm = { readonly miner: BenchMiner; readonly request: string };

/** The bytes that put each to sleep, with its token or session in them. */
export function warmed(miners: readonly BenchMiner[]): Promise<Warm[]> {
  return Promise.all(miners.map(async (miner) => ({ miner, request: await sleepRequest(miner) })));
}

/** @returns when each had answered, milliseconds from now, in the order of the miners. */
export async function cutWarm(warm: readonly Warm[]): Promise<Millis[]> {
  const begun = performance.now();
  return await Promise.all(
    warm.map(async ({ miner, request }) => {
      await exchange(miner, request);
      return performance.now() - begun;
    }),
  );
}

/** Fetches token or session first. */
export async function cutCold(miners: readonly BenchMiner[]): Promise<Millis[]> {
  const begun = performance.now();
  return await Promise.all(
    miners.map(async (miner) => {
      await exchange(miner, await sleepRequest(miner));
      return performance.now() - begun;
    }),
  );
}

/** Whatever sessions there are: each miner has one for all its clients. */
export async function giveBack(miners: readonly BenchMiner[]): Promise<void> {
  const luxos = miners.filter(({ kind }) => kind === 'luxos');
  await Promise.all(
    luxos.map(async (miner) => {
      const { SESSION } = JSON.parse(await exchange(miner, '{"command":"session"}')) as Session;
      const parameter = SESSION[0].SessionID;
      if (parameter !== '') await exchange(miner, JSON.stringify({ command: 'logoff', parameter }));
    }),
  );
}

type Session = { SESSION: [{ SessionID: string }] };

async function sleepRequest(miner: BenchMiner): Promise<string> {
  if (miner.kind === 'luxos') {
    const { SESSION } = JSON.parse(await exchange(miner, '{"command":"logon"}')) as Session;
    return JSON.stringify({ command: 'curtail', parameter: `${SESSION[0].SessionID},sleep` });
  }
  const { Msg } = JSON.parse(await exchange(miner, '{"command":"get_token"}')) as Challenge;
  return JSON.stringify(seal({ cmd: 'power_off', respbefore: 'true' }, new Keyring(PASSWORD).token(Msg)));
}

type Challenge = { Msg: { time: string; salt: string; newsalt: string } };

function exchange({ host, port }: BenchMiner, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    const socket = createConnection({ host, port, noDelay: true });
    socket.on('data', (chunk: Buffer) => {
      reply += chunk.toString('latin1');
      if (!reply.endsWith('\0')) return;
      socket.destroy();
      resolve(reply.slice(0, -1));
    });
    socket.once('error', reject);
    socket.write(request);
  });
}
