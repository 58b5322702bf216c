/**
 * Eight GPUs and what runs on them: a vLLM server behind its router, with users who keep asking; a trainer in Python that
 * speaks to the agent; a plain process that knows nothing; and one that is protected. What the GPUs want to draw follows
 * what runs, and a meter shows the sum.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '#agent/platform/clock.ts';
import type { GpuHost } from '#test/simulator/gpu-host.ts';
import { FakeVllm } from '#test/simulator/vllm.ts';
import { Inbox } from './inbox.ts';

/** As of a V100. */
export const [BUSY_W, IDLE_W, LEAST_W, MOST_W] = [275, 30, 100, 300];
export const GPUS = ['gpu0', 'gpu1', 'gpu2', 'gpu3', 'gpu4', 'gpu5', 'gpu6', 'gpu7'];
export const gpuSpecs = GPUS.map(() => ({ demandW: BUSY_W, minW: LEAST_W, maxW: MOST_W }));
const CHAT = [0, 1, 2, 3];
const TRAIN = [4, 5];
const TOKEN = 'Nachtigall';
const PERIOD_MS = 200;

export class GpuWork {
  readonly vllm: FakeVllm;
  /** Status of every request that was answered so far. */
  readonly answers: number[] = [];
  /** What the trainer has said: at which step it rests, and from which it runs on. */
  readonly trainer = new Inbox<Record<string, number>>();
  /** Of the config. */
  readonly workloads: readonly object[];
  readonly #folder: string;
  readonly #batch: ChildProcess;
  readonly #users: readonly Promise<void>[];
  readonly #over = new AbortController();
  #training: ChildProcess | undefined;
  #stopPhysics = () => {};

  /** @param folder of files that no agent empties. `trains` without Python there is no trainer: all else has its GPUs. */
  static async start(folder: string, { trains = true } = {}): Promise<GpuWork> {
    const vllm = new FakeVllm(systemClock);
    const { url, routerUrl } = await vllm.listen();
    return new GpuWork(folder, vllm, { url, routerUrl, trains });
  }

  private constructor(folder: string, vllm: FakeVllm, given: { url: string; routerUrl: string; trains: boolean }) {
    this.vllm = vllm;
    this.#folder = folder;
    // As what `setsid` starts: it leads a group of its own.
    this.#batch = spawn('/bin/sh', ['-c', 'while :; do sleep 0.05; done'], { detached: true });
    writeFileSync(this.#pidfile, `${this.#batch.pid}\n`);
    this.#users = Array.from({ length: 3 }, () => this.#keepAsking(given.routerUrl));
    this.workloads = this.#entries(given);
  }

  /**
   * Nothing computes for nothing: each GPU wants watts while its work runs. `meter` is where they flow through, together
   * with what else does. A trainer begins before.
   */
  drive(host: GpuHost, meter: { moveTo(watts: number): void }, besideW = 0): void {
    const wanted = new Map<number, boolean>();
    let shownW = 0;
    const batch = this.#training ? [6] : [...TRAIN, 6];
    const follow = (gpus: readonly number[], busy: boolean) => {
      for (const gpu of gpus) {
        if (wanted.get(gpu) === busy) continue;
        wanted.set(gpu, busy);
        host.demand(gpu, busy ? BUSY_W : IDLE_W);
      }
    };
    this.#stopPhysics = systemClock.every('physics', 20, () => {
      follow(CHAT, !this.vllm.asleep);
      if (this.#training) follow(TRAIN, this.trainer.all.at(-1)?.['rests_at'] === undefined);
      follow(batch, !this.batchRests);
      const totalW = besideW + host.totalW;
      // A meter remembers each move.
      if (Math.abs(totalW - shownW) < 1) return;
      shownW = totalW;
      meter.moveTo(totalW);
    });
  }

  /** @param rackFolder of the config: the agent's socket and the token's file are there. */
  train(rackFolder: string): void {
    writeFileSync(join(rackFolder, 'train.token'), `${TOKEN}\n`);
    const script = resolve(import.meta.dirname, '../../protocol/clients/python/train_example.py');
    const given = {
      socket: join(rackFolder, 'run/ballast.sock'),
      workload: 'train',
      'token-file': join(rackFolder, 'train.token'),
      checkpoint: join(this.#folder, 'checkpoint.json'),
      'checkpoint-s': '1',
      steps: '1000000',
      'step-s': '0.02',
    };
    const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
    this.#training = spawn('python3', [script, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const { stdout } = this.#training;
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.trainer.push(JSON.parse(line)));
  }

  /** Whether the plain process is frozen. */
  get batchRests(): boolean {
    return /^State:\s+T/m.test(readText(`/proc/${this.#batch.pid}/status`));
  }

  /** Ends whatever has been started; at once, for the end of this process. */
  kill(): void {
    this.#over.abort();
    this.#stopPhysics();
    this.#training?.kill('SIGKILL');
    if (this.#batch.pid !== undefined) process.kill(-this.#batch.pid, 'SIGKILL');
  }

  async stop(): Promise<void> {
    this.kill();
    await this.vllm.close();
    await Promise.all(this.#users);
  }

  get #pidfile(): string {
    return join(this.#folder, 'batch.pid');
  }

  #entries({ url, routerUrl, trains }: { url: string; routerUrl: string; trains: boolean }): object[] {
    const [drain_url, admit_url] = [`${routerUrl}/drain`, `${routerUrl}/admit`];
    const named = (places: readonly number[]) => places.map((place) => `gpu${place}`);
    const plain = { adapter: 'process-group', pidfile: this.#pidfile };
    return [
      {
        id: 'chat',
        adapter: 'vllm',
        url,
        drain_url,
        admit_url,
        drain_s: 1,
        gpus: named(CHAT),
        tier: 1,
        period_ms: PERIOD_MS,
      },
      ...(trains
        ? [
            {
              id: 'train',
              adapter: 'cooperative',
              token_file: 'train.token',
              gpus: named(TRAIN),
              tier: 2,
              period_ms: PERIOD_MS,
            },
          ]
        : []),
      { id: 'batch', ...plain, gpus: named(trains ? [6] : [...TRAIN, 6]), tier: 3, period_ms: PERIOD_MS },
      { id: 'safe', ...plain, gpus: ['gpu7'], tier: 'protected' },
    ];
  }

  /** A user who asks, waits for the answer, and asks again. */
  async #keepAsking(routerUrl: string): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      try {
        const { status } = await fetch(`${routerUrl}/v1/completions`, { method: 'POST', signal });
        this.answers.push(status);
      } catch {
        if (!signal.aborted) this.answers.push(0);
      }
    }
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
