/**
 * The web interface of a miner, over any stream. Node's server speaks HTTP, since it takes streams in memory too; what
 * goes wrong is made here.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { garbled } from './cgminer.ts';
import type { SimulatorClock } from './clock.ts';
import type { Miner } from './miner.ts';
import { WentDown } from './miner.ts';

export type WebRequest = {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
};

export type WebReply = {
  /** 200 unless said. */
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a text as it is. */
  body?: object | boolean | string;
  /** Beside the miner's usual time. */
  afterMs?: number;
};

/** Carries out one request and words the reply. `when` is the miner's own time, in seconds. */
export type AnswerWeb = (request: WebRequest, when: number) => WebReply;

/** Serves connections, one after the other or many at once, each with as many requests as the client has. */
export function webDoor(miner: Miner, clock: SimulatorClock, answer: AnswerWeb): (stream: Duplex) => void {
  const server = createServer((request, response) => {
    converse(miner, clock, answer, request, response).catch(() => request.socket.destroy());
  });
  return (stream) => {
    // The client's end may vanish at any time; there is nobody to tell.
    stream.on('error', () => {});
    server.emit('connection', stream);
  };
}

async function converse(
  miner: Miner,
  clock: SimulatorClock,
  answer: AnswerWeb,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { faults, spec } = miner;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const body = await text(request);
  // One that nobody listens on has no connection that still stands either.
  if (faults.closesWithoutReply || faults.refusesConnections) return void request.socket.destroy();
  if (faults.silent) return;
  await clock.sleep(spec.timing.replyMs, gone.signal);
  if (!miner.energised) return;
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://miner');
  const { method = 'GET', headers } = request;
  const asked = { method, path: pathname, query: searchParams, headers, body };
  const reply = carriedOut(() => answer(asked, Math.floor(clock.wall() / 1000)));
  if (!reply) return void request.socket.destroy();
  const lateMs = Math.max(reply.afterMs ?? 0, (faults.answersAfterMs ?? 0) - spec.timing.replyMs);
  if (lateMs > 0) await clock.sleep(lateMs, gone.signal);
  if (miner.rebooting) return void request.socket.destroy();
  if (!miner.energised) return;
  send(response, reply, miner);
}

/** Undefined when the miner went down over it. */
function carriedOut(act: () => WebReply): WebReply | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof WentDown) return undefined;
    throw error;
  }
}

function send(response: ServerResponse, { status = 200, headers, body = '' }: WebReply, { faults }: Miner): void {
  const plain = typeof body === 'string';
  const said = garbled(plain ? body : JSON.stringify(body), faults);
  response.writeHead(status, { 'content-type': plain ? 'text/plain' : 'application/json', ...headers });
  response.end(said);
}
