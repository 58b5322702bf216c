/**
 * The Unix socket on which jobs and the command line talk to the agent of this machine: one question, one answer,
 * matched by id. Whoever may open the socket may ask: its folder belongs to the agent's group.
 */
import { readFileSync, statSync } from 'node:fs';
import { chmod, lstat, mkdir, unlink } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { IPCModule } from 'node-ipc';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';
import { peerCredentials } from './peer-credentials.ts';

/** `code` is for programs, the message for people. */
export class LocalError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'LocalError';
    this.code = code;
  }
}

/** Who is at the other end of one connection, for as long as it stands. */
export type LocalPeer = {
  /** By the kernel's word; undefined where it does not tell. */
  readonly uid: number | undefined;
  /** Tells it something that it has not asked for. Says nothing to one that is gone. */
  push(event: string, data: object): void;
  /** Calls `gone` when the connection has closed. */
  closed(gone: () => void): void;
};

/** Answers one verb. What it throws reaches the asker: a `LocalError` with its own code, anything else as `failed`. */
export type LocalHandler = (body: unknown, peer: LocalPeer) => unknown;

/** A handler whose body is checked first; a body that does not fit is answered with `bad_request`. */
export function localVerb<Body>(schema: z.ZodType<Body>, run: (body: Body, peer: LocalPeer) => unknown): LocalHandler {
  return (body, peer) => {
    const parsed = schema.safeParse(body);
    if (!parsed.success) throw new LocalError('bad_request', z.prettifyError(parsed.error));
    return run(parsed.data, peer);
  };
}

export type LocalServer = {
  /** Throws `LocalError` with `already_running` when another agent answers on the socket, or `failed`. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

export type LocalServerOptions = { path: string; handlers: Readonly<Record<string, LocalHandler>>; log: Logger };

export function serveLocal({ path, handlers, log }: LocalServerOptions): LocalServer {
  const ipc = openIpc();
  const peerOf = peers(ipc);
  return {
    start: async () => {
      await mkdir(dirname(path), { recursive: true, mode: 0o750 });
      await removeStale(path);
      await listen(ipc, path);
      // The group, not only the user: until here only the folder's rights kept others out.
      await chmod(path, 0o660);
      ipc.server.on('error', (error) => log.debug({ reason: error.message }, 'a local connection failed'));
      ipc.server.on('ask', (data, socket) => void respond(ipc, socket, data, { handlers, log, peerOf }));
    },
    stop: () =>
      new Promise((resolve) => {
        const listening = ipc.server?.server;
        if (!listening) return resolve();
        listening.once('close', () => resolve());
        ipc.server.stop();
      }),
  };
}

export type AskOptions = {
  clock: Pick<Clock, 'after'>;
  timeoutMs?: number;
  /** Gives up with its reason. */
  signal?: AbortSignal | undefined;
};

/**
 * Asks the agent that listens on `path`. Throws `LocalError` with `no_agent`, `no_permission`, `timeout`, `lost`,
 * `unknown_verb`, `bad_request`, `too_large`, `failed`, or a code of the verb's own.
 */
export function askLocal(
  path: string,
  verb: string,
  body: unknown,
  { clock, timeoutMs = 10_000, signal }: AskOptions,
): Promise<unknown> {
  const ipc = openIpc();
  ipc.config.stopRetrying = true;
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      cancel();
      signal?.removeEventListener('abort', giveUp);
      ipc.disconnect('agent');
      settle();
    };
    const fail = (error: Error) => finish(() => reject(error));
    const giveUp = () => fail(signal?.reason);
    signal?.addEventListener('abort', giveUp);
    const cancel = clock.after('local answer', timeoutMs, () =>
      fail(new LocalError('timeout', `the agent did not answer '${verb}' within ${timeoutMs / 1000} s`)),
    );
    ipc.connectTo('agent', path);
    const agent = ipc.of['agent'];
    agent?.on('connect', () =>
      attempt(
        () => agent.emit('ask', { id: 1, verb, body }),
        () => fail(new LocalError('too_large', `what '${verb}' sends is over 64 KiB`)),
      ),
    );
    agent?.on('answer', (data) =>
      attempt(() => {
        const body = bodyOf(data);
        finish(() => resolve(body));
      }, fail),
    );
    agent?.on('error', (error) => fail(connectError(error, path)));
    agent?.on('disconnect', () => fail(new LocalError('lost', 'the agent closed the connection without an answer')));
  });
}

const ask = z.strictObject({ id: z.int(), verb: z.string().max(64), body: z.unknown().optional() });
const answer = z.discriminatedUnion('ok', [
  z.strictObject({ id: z.int(), ok: z.literal(true), body: z.unknown().optional() }),
  z.strictObject({ id: z.int(), ok: z.literal(false), code: z.string(), message: z.string() }),
]);
type Answer = z.infer<typeof answer>;

/** An instance of its own, since node-ipc's default one is shared by the process, with limits on what a peer may send. */
function openIpc(): IPCModule {
  const ipc = new IPCModule();
  Object.assign(ipc.config, {
    parser: 'guarded',
    silent: true,
    // It would remove the socket of an agent that runs.
    unlink: false,
    maxMessageSize: 64 * 1024,
    messageTimeout: 2_000,
    maxConnections: 1_100,
  });
  return ipc;
}

/** The same peer for every question of one connection. */
function peers(ipc: IPCModule): (socket: Socket) => LocalPeer {
  const known = new WeakMap<Socket, LocalPeer>();
  const credentials = peerCredentials();
  return (socket) => {
    const peer = known.get(socket) ?? {
      uid: credentials(socket)?.uid,
      push: (event, data) => {
        if (!socket.destroyed) ipc.server.emit(socket, event, data);
      },
      closed: (gone) => {
        // One may have left while its question was being looked at.
        if (socket.destroyed) gone();
        else socket.once('close', gone);
      },
    };
    known.set(socket, peer);
    return peer;
  };
}

async function respond(
  ipc: IPCModule,
  socket: Socket,
  data: unknown,
  { handlers, log, peerOf }: Pick<LocalServerOptions, 'handlers' | 'log'> & { peerOf(socket: Socket): LocalPeer },
): Promise<void> {
  const asked = ask.safeParse(data);
  if (!asked.success) {
    socket.destroy();
    return;
  }
  const { id, verb, body } = asked.data;
  const handler = handlers[Object.hasOwn(handlers, verb) ? verb : ''];
  const reply = handler ? await handle(id, handler, body, peerOf(socket)) : refusal(id, unknownVerb(verb));
  if (!reply.ok) log.debug({ verb, code: reply.code, reason: reply.message }, 'a local request was refused');
  if (socket.destroyed) return;
  attempt(
    () => ipc.server.emit(socket, 'answer', reply),
    () => ipc.server.emit(socket, 'answer', refusal(id, new LocalError('too_large', 'the answer is over 64 KiB'))),
  );
}

function unknownVerb(verb: string): LocalError {
  return new LocalError('unknown_verb', `this agent does not know '${verb}'`);
}

async function handle(id: number, handler: LocalHandler, body: unknown, peer: LocalPeer): Promise<Answer> {
  try {
    return { id, ok: true, body: await handler(body, peer) };
  } catch (error) {
    return refusal(id, error);
  }
}

function refusal(id: number, error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error);
  return { id, ok: false, code: error instanceof LocalError ? error.code : 'failed', message };
}

function listen(ipc: IPCModule, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    ipc.serve(path, resolve);
    ipc.server.on('error', (error) => reject(new LocalError('failed', `cannot listen on ${path}: ${error.message}`)));
    ipc.server.start();
  });
}

/** A crash leaves the socket's file behind; it is removed only when nobody answers on it. */
async function removeStale(path: string): Promise<void> {
  const file = await lstat(path).catch(() => undefined);
  if (!file) return;
  if (!file.isSocket()) throw new LocalError('failed', `${path} is in the way: it is not a socket`);
  if (await someoneAnswers(path)) throw new LocalError('already_running', `an agent already runs on ${path}`);
  await unlink(path);
}

function someoneAnswers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (there: boolean) => {
      socket.destroy();
      resolve(there);
    };
    socket.once('connect', () => settle(true));
    // Only these two say that nobody listens; a full queue or missing rights say that someone does.
    socket.once('error', (error: NodeJS.ErrnoException) =>
      settle(!['ECONNREFUSED', 'ENOENT'].includes(error.code ?? '')),
    );
  });
}

function connectError(error: NodeJS.ErrnoException, path: string): LocalError {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') {
    return new LocalError('no_agent', `no agent runs here (nobody answers on ${path})`);
  }
  if (error.code === 'EACCES') {
    return new LocalError('no_permission', `permission denied on ${path}: add yourself to the group ${groupOf(path)}`);
  }
  return new LocalError('failed', error.message);
}

/** The name of the group that the socket's folder belongs to. */
function groupOf(path: string): string {
  try {
    const { gid } = statSync(dirname(path));
    const entries = readFileSync('/etc/group', 'utf8').split('\n');
    return entries.find((entry) => entry.split(':')[2] === String(gid))?.split(':')[0] ?? String(gid);
  } catch {
    return 'of the agent';
  }
}

function bodyOf(data: unknown): unknown {
  const reply = answer.safeParse(data);
  if (!reply.success)
    throw new LocalError('failed', 'the agent answered in a way that this version does not understand');
  if (!reply.data.ok) throw new LocalError(reply.data.code, reply.data.message);
  return reply.data.body;
}

/** node-ipc calls back from a socket's event, where a throw would end the process. */
function attempt(work: () => void, failed: (error: Error) => void): void {
  try {
    work();
  } catch (error) {
    failed(error instanceof Error ? error : new Error(String(error)));
  }
}
