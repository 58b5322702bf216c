/**
 * A process and all that it has started, as a plain command on a machine: frozen by SIGSTOP to its group and let go on
 * by SIGCONT. It needs nothing of the job; what it computes stays in memory, and its GPUs keep their idle watts.
 *
 * What the technician must do: have the job write the id of its group's leader to `pidfile` (`setsid` and `echo $$`),
 * and let the agent run as the same user or as root. A job that answers requests is better put to sleep by its own
 * interface: frozen, it leaves them unanswered.
 *
 * Where NVIDIA's `cuda-checkpoint` is installed (`cuda_checkpoint`), the leader's GPU memory can be taken into the host's:
 * then its GPUs are free for another, as a frozen one's are not. The leader must be the CUDA process itself (`exec`).
 *
 * A process id is used again when its process has ended: the group is left alone when its leader started after the file
 * was written.
 */
import { readFile, stat } from 'node:fs/promises';
import * as z from 'zod';
import type { Millis, Seconds } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { boundedRun } from '../transport/command.ts';
import { hostOf } from '../transport/host.ts';
import { CudaCheckpoint, cudaCheckpointOptions } from './cuda-checkpoint.ts';
import type { Notice, Step, Workload, WorkloadAdapter, WorkloadReading } from './workload.ts';

const options = z.object({
  pidfile: z.string().startsWith('/'),
  cuda_checkpoint: cudaCheckpointOptions.exactOptional(),
});
type ProcessGroupOptions = z.infer<typeof options>;

export const processGroup: WorkloadAdapter<ProcessGroupOptions> = {
  name: 'process-group',
  options,
  open: ({ pidfile, cuda_checkpoint: cuda }, context) =>
    new ProcessGroup(
      pidfile,
      context.clock,
      cuda && new CudaCheckpoint(cuda, boundedRun(hostOf(context).run, context.clock)),
    ),
};

/** The kernel stops a process at its next step out of the kernel. */
const TAKES_S: Seconds = 0.1;
/** Of USER_HZ, which is 100 on every Linux that Node runs on. */
const TICK_MS: Millis = 10;
/** Times that reach us in hundredths of a second, and one of them by way of the boot. */
const BLUR_MS: Millis = 1000;
/** A deadline that is over already leaves its kernels this much to end. */
const LEAST_LOCK_MS: Millis = 1000;
const LOOKS = 100;
const LOOK_MS: Millis = 2;

class ProcessGroup implements Workload {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #cuda: CudaCheckpoint | undefined;
  /** Whether the GPU memory of which process was last known to be away from its GPUs; asked for where nobody knows. */
  #away: { readonly pid: number; readonly is: boolean } | undefined;

  constructor(file: string, clock: Clock, cuda: CudaCheckpoint | undefined) {
    this.#file = file;
    this.#clock = clock;
    this.#cuda = cuda;
  }

  start(): void {}
  async stop(): Promise<void> {}

  async read(signal: AbortSignal): Promise<WorkloadReading> {
    const leader = await this.#leader();
    if (!leader) return { state: 'stopped' };
    const rests = leader.state === 'T' || (await this.#isAway(leader.pid, signal));
    return { state: rests ? 'paused' : 'running' };
  }

  get steps(): readonly Step[] {
    const freeze: Step = { name: 'freeze', takesS: TAKES_S, lostS: 0, run: (_notice, signal) => this.#freeze(signal) };
    const cuda = this.#cuda;
    if (!cuda) return [freeze];
    const { takesS } = cuda;
    return [
      freeze,
      { name: 'cuda-checkpoint', takesS, lostS: takesS, run: (notice, signal) => this.#take(cuda, notice, signal) },
    ];
  }

  async resume(signal: AbortSignal): Promise<string> {
    const leader = await this.#leader();
    if (!leader) return 'it has ended';
    send(leader.pid, 'SIGCONT');
    if (this.#cuda && (await this.#isAway(leader.pid, signal))) {
      await this.#cuda.giveBack(leader.pid, signal);
      this.#away = { pid: leader.pid, is: false };
    }
    return 'goes on';
  }

  async #isAway(pid: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#cuda) return false;
    if (this.#away?.pid !== pid) this.#away = { pid, is: await this.#cuda.rests(pid, signal) };
    return this.#away.is;
  }

  async #take(cuda: CudaCheckpoint, { deadline }: Notice, signal: AbortSignal): Promise<string> {
    const leader = await this.#leader();
    if (!leader) return 'it has ended';
    // Frozen, it would never let itself be locked.
    send(leader.pid, 'SIGCONT');
    this.#away = undefined;
    const lockMs = Math.max(LEAST_LOCK_MS, deadline - this.#clock.wall());
    const said = await cuda.take(leader.pid, lockMs, signal);
    this.#away = { pid: leader.pid, is: true };
    return said;
  }

  async #freeze(signal: AbortSignal): Promise<string> {
    for (let look = 0; look < LOOKS; look++) {
      signal.throwIfAborted();
      const leader = await this.#leader();
      if (!leader) return 'it has ended';
      if (leader.state === 'T') return `group ${leader.pid} is frozen`;
      send(leader.pid, 'SIGSTOP');
      await this.#clock.sleep(LOOK_MS, signal);
    }
    throw new AdapterError('refused', `${this.#file}: its process does not stop`);
  }

  /** undefined when there is no such process any more. */
  async #leader(): Promise<{ pid: number; state: string } | undefined> {
    const said = await readFile(this.#file, 'utf8').catch(() => undefined);
    if (said === undefined) return undefined;
    const pid = Number(said.trim());
    if (!Number.isInteger(pid) || pid < 2) throw new AdapterError('malformed', `${this.#file} holds no process id`);
    const [line, uptime] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined),
      readFile('/proc/uptime', 'utf8'),
    ]);
    if (line === undefined) return undefined;
    // After the name, which may hold anything, in brackets: the state, then field by field.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const [state = '', group, startedTicks] = [fields[0], Number(fields[2]), Number(fields[19])];
    if (state === 'Z' || state === 'X') return undefined;
    if (group !== pid) throw new AdapterError('refused', `process ${pid} of ${this.#file} leads no group of its own`);
    const { mtimeMs } = await stat(this.#file);
    const bootedMs = this.#clock.wall() - Number(uptime.split(' ')[0]) * 1000;
    const isAnother = bootedMs + startedTicks * TICK_MS > mtimeMs + BLUR_MS;
    return isAnother ? undefined : { pid, state };
  }
}

function send(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // It ended in this moment.
    if (code === 'ESRCH') return;
    throw new AdapterError('unauthorised', `group ${group} belongs to another user`, { code: code ?? '', cause });
  }
}
