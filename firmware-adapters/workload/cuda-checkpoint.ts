/**
 * NVIDIA's `cuda-checkpoint`: takes what a CUDA process holds on its GPUs into the host's memory, and back. Driver 550
 * and later for one process, 570 for those that it has started.
 *
 * Order matters: its CUDA calls are locked first, with a time-out, then taken; a process that is frozen before the lock
 * hangs it. What does not fit into the host's memory is not begun.
 */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { Millis } from '#protocol/units.ts';
import { AdapterError } from '../errors.ts';
import type { RunCommand } from '../transport/command.ts';

export const cudaCheckpointOptions = z.strictObject({
  program: z.string().startsWith('/').default('/usr/bin/cuda-checkpoint'),
  /** GiB that the job holds on its GPUs together: the host must have as much to spare. */
  memory_gib: z.number().positive(),
  /** Seconds that taking it takes; about as long as giving it back. */
  takes_s: z.number().min(1).max(600).default(30),
});

export type CudaCheckpointOptions = z.infer<typeof cudaCheckpointOptions>;

const states = z.enum(['running', 'locked', 'checkpointed', 'failed']);

export class CudaCheckpoint {
  readonly #given: CudaCheckpointOptions;
  readonly #run: RunCommand;
  readonly #meminfo: string;

  /** @param meminfo another file than the kernel's is for tests. */
  constructor(given: CudaCheckpointOptions, run: RunCommand, meminfo = '/proc/meminfo') {
    this.#given = given;
    this.#run = run;
    this.#meminfo = meminfo;
  }

  get takesS(): number {
    return this.#given.takes_s;
  }

  /** Whether it computes nothing: taken, or, where an agent was killed in between, only locked. */
  async rests(pid: number, signal: AbortSignal): Promise<boolean> {
    return (await this.#state(pid, signal)) !== 'running';
  }

  /** @param lockMs that its running CUDA calls may take to end. */
  async take(pid: number, lockMs: Millis, signal: AbortSignal): Promise<string> {
    const state = await this.#state(pid, signal);
    if (state === 'checkpointed') return 'its GPU memory is in the host already';
    await this.#mustFit();
    if (state === 'running') await this.#act('lock', pid, signal, '--timeout', String(Math.round(lockMs)));
    try {
      await this.#act('checkpoint', pid, signal);
    } catch (error) {
      // Locked for nothing, it would compute no more.
      await this.#act('unlock', pid, signal).catch(() => {});
      throw error;
    }
    return 'its GPU memory is in the host';
  }

  async giveBack(pid: number, signal: AbortSignal): Promise<void> {
    const state = await this.#state(pid, signal);
    if (state === 'checkpointed') await this.#act('restore', pid, signal);
    if (state !== 'running') await this.#act('unlock', pid, signal);
  }

  async #state(pid: number, signal: AbortSignal): Promise<z.infer<typeof states>> {
    const said = (await this.#run([this.#given.program, '--get-state', '--pid', String(pid)], signal)).trim();
    const parsed = states.safeParse(said);
    if (!parsed.success) throw new AdapterError('malformed', `cuda-checkpoint: "${said.slice(0, 80)}" is no state`);
    return parsed.data;
  }

  async #act(action: string, pid: number, signal: AbortSignal, ...more: string[]): Promise<void> {
    await this.#run([this.#given.program, '--action', action, '--pid', String(pid), ...more], signal);
  }

  async #mustFit(): Promise<void> {
    const kib = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(await readFile(this.#meminfo, 'utf8'))?.[1]);
    const spareGib = kib / 1024 ** 2;
    if (spareGib >= this.#given.memory_gib) return;
    const spare = Number.isFinite(spareGib) ? `${spareGib.toFixed(1)} GiB` : 'nobody knows how much';
    throw new AdapterError('refused', `${this.#given.memory_gib} GiB do not fit into the host: ${spare} to spare`);
  }
}
