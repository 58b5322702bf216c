/** 100,000 frames of strangers on the jobs' socket: each costs its sender at most the connection. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '#agent/platform/clock.ts';
import { openLocalSession } from '#agent/platform/local-session.ts';
import { openJobSocket, TOKEN } from './support/job-socket.ts';

/** Questions, well and badly put, and what is no question: that one ends its connection. */
const [QUESTIONS, RUDE] = [97_000, 3_000];
const PER_CONNECTION = 500;
const AT_ONCE = 10;

const scalar = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string({ maxLength: 20 }),
  fc.constantFrom(null, true, [], {}, -1, 1e308, TOKEN),
);
const key = fc.constantFrom(
  'workload',
  'token',
  'pids',
  'notice',
  'notice_s',
  'by_s',
  'spans',
  'state',
  '__proto__',
  'x',
);
const body = fc.oneof(
  { weight: 20, arbitrary: fc.dictionary(key, scalar, { maxKeys: 5 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);
const verb = fc.constantFrom('register', 'ack', 'ready', 'extend', 'hint', '__proto__', 'constructor', '', 'stop');
const question = fc.record({ id: fc.nat(), verb, body });
const rude = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }).map((data) => JSON.stringify({ type: 'ask', data })),
  fc
    .record({ type: fc.constantFrom('ask', 'error', 'data', 'connect', '__proto__'), data: scalar })
    .map((each) => JSON.stringify(each)),
  fc.string({ maxLength: 200 }),
);
const SEED = 20_261_121;

test('100,000 frames of strangers move no job, and the next one is served', { timeout: 110_000 }, async (t) => {
  const { path, desk } = await openJobSocket(t);
  const session = await openLocalSession(path, systemClock, () => {});
  await session.ask('register', { workload: 'train', token: TOKEN });
  const asked = fc
    .sample(question, { numRuns: QUESTIONS, seed: SEED })
    .map((data) => JSON.stringify({ type: 'ask', data }));
  const batches = Array.from({ length: QUESTIONS / PER_CONNECTION }, (_, i) =>
    asked.slice(i * PER_CONNECTION, (i + 1) * PER_CONNECTION),
  );
  const singles = fc.sample(rude, { numRuns: RUDE, seed: SEED }).map((text) => [text]);
  await inTurns(batches, async (batch) => assert.equal(await answers(path, batch), PER_CONNECTION + 1));
  await inTurns(singles, async (single) => void (await answers(path, single)));
  const [own, ...others] = desk.jobs('train');
  assert.deepEqual([own?.state, own?.notice, others], ['running', undefined, []]);
  await session.ask('hint', { spans: [] });
  session.close();
});

async function inTurns(all: string[][], work: (each: string[]) => Promise<void>): Promise<void> {
  const worker = async () => {
    for (let each = all.pop(); each; each = all.pop()) await work(each);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Sends the frames and a last question of its own. @returns how many were answered before that one was, or the end. */
function answers(path: string, frames: readonly string[]): Promise<number> {
  const last = JSON.stringify({ type: 'ask', data: { id: -1, verb: 'ack', body: {} } });
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write([...frames, last].map((each) => `${each}\f`).join('')));
    let count = 0;
    socket.setEncoding('utf8').on('data', (text: string) => {
      count += text.split('\f').length - 1;
      if (text.includes('"id":-1')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(count));
  });
}
