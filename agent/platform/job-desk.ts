/**
 * The jobs that speak to the agent over its socket: who they are, what each was told, and what it said. A job is known
 * for as long as its connection stands.
 */
import { timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Hints, JobNotice, NoticeFile, Registration } from '#protocol/jobs.ts';
import { epochMs, timestampOf } from '#protocol/time.ts';
import type { Millis, Seconds, Watts } from '#protocol/units.ts';
import type { Clock } from './clock.ts';
import type { LocalPeer } from './local-socket.ts';
import { LocalError } from './local-socket.ts';

export type JobDeskParts = {
  readonly clock: Pick<Clock, 'wall' | 'monotonic'>;
  /** Told of everything that is in force whenever it changes. */
  told(file: NoticeFile): void;
};

/** `uid` is the only user, beside root, whose jobs are let in; absent for anybody who may open the socket. */
export type Door = { readonly token: string; readonly uid?: number };

type Pause = { readonly deadline: Millis; readonly targetW: Watts };
type Span = { readonly fromMono: Millis; readonly untilMono: Millis; readonly powerW: Watts };

export class JobDesk {
  readonly #parts: JobDeskParts;
  readonly #doors = new Map<string, Door>();
  readonly #jobs = new Map<LocalPeer, SocketJob>();
  readonly #watchers = new Set<(workload: string) => void>();
  #numbers = 0;

  constructor(parts: JobDeskParts) {
    this.#parts = parts;
  }

  jobs(workload: string): readonly SocketJob[] {
    return [...this.#jobs.values()].filter((job) => job.workload === workload);
  }

  /** Lets jobs of a workload in that show its token. */
  admit(workload: string, door: Door): void {
    this.#doors.set(workload, door);
  }

  /** Calls `changed` when a job of any workload has something new to say. @returns what ends that. */
  watch(changed: (workload: string) => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }

  /** @throws LocalError for a job that is not let in. */
  register(given: Registration, peer: LocalPeer): { job: string } {
    const { workload, token, pids } = given;
    const door = this.#doors.get(workload);
    if (!door) throw new LocalError('unknown_workload', `no workload ${workload} waits for jobs here`);
    if (peer.uid === undefined || (door.uid !== undefined && ![0, door.uid].includes(peer.uid))) {
      throw new LocalError('wrong_user', `jobs of ${workload} run as another user`);
    }
    if (!same(token, door.token)) throw new LocalError('wrong_token', `that is not the token of ${workload}`);
    if (this.#jobs.has(peer)) throw new LocalError('registered', 'this connection has a job already');
    const foreign = pids.find((pid) => !isOwn(pid, peer));
    if (foreign !== undefined) throw new LocalError('foreign_process', `process ${foreign} is not yours`);
    const id = `${workload}-${++this.#numbers}`;
    const job = new SocketJob(id, given, { ...this.#parts, peer, changed: () => this.#changed(workload) });
    this.#jobs.set(peer, job);
    peer.closed(() => {
      this.#jobs.delete(peer);
      job.leave();
      this.#changed(workload);
    });
    this.#changed(workload);
    return { job: id };
  }

  /** @throws LocalError for one that has not registered. */
  of(peer: LocalPeer): SocketJob {
    const job = this.#jobs.get(peer);
    if (!job) throw new LocalError('not_registered', 'a job registers first');
    return job;
  }

  #changed(workload: string): void {
    for (const watcher of this.#watchers) watcher(workload);
    const notices = [...this.#jobs.values()].flatMap((job) =>
      job.notice ? [{ workload: job.workload, job: job.id, ...job.notice }] : [],
    );
    this.#parts.told({ v: 1, at: timestampOf(this.#parts.clock.wall()), notices });
  }
}

type JobParts = JobDeskParts & { readonly peer: LocalPeer; changed(): void };

export class SocketJob {
  readonly id: string;
  readonly workload: string;
  readonly noticeS: Seconds;
  readonly checkpointS: Seconds;
  readonly #parts: JobParts;
  state: 'running' | 'paused';
  hints: readonly Span[] = [];
  /** The pause that it was told and that is in force. */
  notice: JobNotice | undefined;
  #orderDeadline: Millis = 0;
  #numbers = 0;
  #waiting: ((outcome: 'ready' | 'gone') => void)[] = [];

  constructor(id: string, given: Registration, parts: JobParts) {
    this.id = id;
    this.workload = given.workload;
    this.noticeS = given.notice_s;
    this.checkpointS = given.checkpoint_s;
    this.state = given.state;
    this.#parts = parts;
  }

  /** Resolves when it rests, or has left. Rejects with the signal's reason; the notice stays in force then. */
  async pause({ deadline, targetW }: Pause, signal: AbortSignal): Promise<'ready' | 'gone'> {
    if (this.state === 'paused') return 'ready';
    signal.throwIfAborted();
    this.#orderDeadline = deadline;
    this.notice = this.#noticeOf('pause', deadline, targetW);
    this.#parts.peer.push('notice', this.notice);
    this.#parts.changed();
    return await new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== settle);
        reject(signal.reason);
      };
      const settle = (outcome: 'ready' | 'gone') => {
        signal.removeEventListener('abort', abort);
        resolve(outcome);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(settle);
    });
  }

  /** Changes nothing for one that was never told to pause. */
  resume(): void {
    if (this.state === 'running' && !this.notice) return;
    this.state = 'running';
    this.#parts.peer.push('notice', this.#noticeOf('resume', 0, this.notice?.target_w ?? 0));
    // Nothing is in force any more: who only looks at the file sees its notice gone.
    this.notice = undefined;
    this.#parts.changed();
  }

  /** @throws LocalError for a notice that is not in force. */
  ready(notice: string): void {
    this.#mustBe(notice);
    this.state = 'paused';
    for (const settle of this.#waiting.splice(0)) settle('ready');
    this.#parts.changed();
  }

  ack(notice: string): void {
    this.#mustBe(notice);
  }

  /** The deadline that it has now. */
  extend(notice: string, byS: Seconds): { deadline: string } {
    const own = this.#mustBe(notice);
    const before = epochMs(own.deadline);
    const deadline = Math.min(before + byS * 1000, Math.max(before, this.#orderDeadline));
    this.notice = { ...own, deadline: timestampOf(deadline) };
    this.#parts.changed();
    return { deadline: this.notice.deadline };
  }

  hint({ spans }: Hints): void {
    const mono = this.#parts.clock.monotonic();
    this.hints = spans.map(({ in_s, for_s, power_w }) => {
      const fromMono = mono + in_s * 1000;
      return { fromMono, untilMono: fromMono + for_s * 1000, powerW: power_w };
    });
    this.#parts.changed();
  }

  leave(): void {
    for (const settle of this.#waiting.splice(0)) settle('gone');
  }

  #noticeOf(action: JobNotice['action'], orderDeadline: Millis, targetW: Watts): JobNotice {
    const wall = this.#parts.clock.wall();
    // What it needs by its own word, and never longer than the order leaves; it may ask for more up to that.
    const needed = wall + Math.max(this.noticeS, this.checkpointS) * 1000;
    const deadline = Math.max(wall, Math.min(orderDeadline, needed));
    const notBefore = Math.min(wall + this.noticeS * 1000, deadline);
    return {
      id: `${this.id}-${++this.#numbers}`,
      action,
      not_before: timestampOf(notBefore),
      deadline: timestampOf(deadline),
      target_w: targetW,
    };
  }

  #mustBe(notice: string): JobNotice {
    if (this.notice?.id === notice) return this.notice;
    throw new LocalError('no_notice', `${notice} is not in force`);
  }
}

/** In the same time wherever they differ. */
function same(given: string, known: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(known)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** root may speak for anybody's processes. */
function isOwn(pid: number, { uid }: LocalPeer): boolean {
  try {
    return uid === 0 || statSync(`/proc/${pid}`).uid === uid;
  } catch {
    return false;
  }
}
