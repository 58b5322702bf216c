/**
 * A connection to the agent's socket that stands: questions with their answers, and what the agent says by itself. For
 * one question there is `askLocal`.
 */
import { connect } from 'node:net';
import * as z from 'zod';
import { parseJson } from '#protocol/json.ts';
import type { Clock } from './clock.ts';
import { LocalError } from './local-socket.ts';

export type LocalSession = {
  /** Throws `LocalError` with the agent's code, `timeout` or `lost`. */
  ask(verb: string, body: object): Promise<unknown>;
  close(): void;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
};

/** As of protocol/jobs.ts: one JSON object and a form feed. */
const END = '\f';
const MOST_CHARACTERS = 64 * 1024;
const ANSWER_MS = 10_000;

const answered = z.object({
  id: z.int(),
  ok: z.boolean(),
  body: z.unknown().optional(),
  code: z.string().default('failed'),
  message: z.string().default('the agent refused'),
});
const frame = z.object({ type: z.string(), data: z.unknown().optional() });
type Waiting = { resolve(body: unknown): void; reject(error: Error): void };

/** @param heard told of everything that is no answer. Throws `LocalError` with `no_agent` when nobody listens. */
export function openLocalSession(
  path: string,
  clock: Pick<Clock, 'after'>,
  heard: (event: string, data: unknown) => void,
): Promise<LocalSession> {
  const socket = connect(path);
  socket.setEncoding('utf8');
  const waiting = new Map<number, Waiting>();
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let buffer = '';
  let numbers = 0;
  socket.on('data', (text: string) => {
    const frames = (buffer + text).split(END);
    buffer = frames.pop() ?? '';
    if (buffer.length > MOST_CHARACTERS) socket.destroy();
    for (const each of frames) hear(each);
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new LocalError('lost', 'the agent closed the connection'));
    waiting.clear();
  });
  const hear = (text: string) => {
    const said = frame.safeParse(parseJson(text));
    if (!said.success) return;
    const { type, data } = said.data;
    if (type !== 'answer') return heard(type, data);
    const answer = answered.safeParse(data);
    const asked = answer.success ? waiting.get(answer.data.id) : undefined;
    if (!answer.success || !asked) return;
    waiting.delete(answer.data.id);
    if (answer.data.ok) asked.resolve(answer.data.body);
    else asked.reject(new LocalError(answer.data.code, answer.data.message));
  };
  const ask = (verb: string, body: object) =>
    new Promise<unknown>((resolve, reject) => {
      const id = ++numbers;
      const late = new LocalError('timeout', `the agent did not answer '${verb}' within ${ANSWER_MS / 1000} s`);
      const cancel = clock.after('local answer', ANSWER_MS, () => {
        waiting.delete(id);
        reject(late);
      });
      const settle =
        <T>(way: (value: T) => void) =>
        (value: T) => {
          cancel();
          way(value);
        };
      waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      socket.write(JSON.stringify({ type: 'ask', data: { id, verb, body } }) + END);
    });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve({ ask, ended, close: () => socket.destroy() }));
    // Stays on: one that stands may break.
    socket.on('error', (cause) => reject(new LocalError('no_agent', `nobody answers on ${path}: ${cause.message}`)));
  });
}
