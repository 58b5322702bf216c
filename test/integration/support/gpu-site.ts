/**
 * A rack of eight GPUs and what runs on them: a vLLM server behind its router, a trainer in Python that speaks to the
 * agent, a plain process that knows nothing, and one that is protected. The GPUs are the stand-in of NVIDIA's library;
 * what they draw follows what runs on them, and a meter shows the sum.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { systemClock } from '#agent/platform/clock.ts';
import { NvidiaHost } from '#test/simulator/nvml/nvidia-host.ts';
import { createRack } from '#test/simulator/rack.ts';
import { FakeVllm } from '#test/simulator/vllm.ts';
import { Inbox } from '#test/support/inbox.ts';
import { buildNvml } from '#test/support/nvml-stub.ts';
import { writeFiles } from '#test/support/rack-files.ts';
import type { AgentProcess } from './agent-process.ts';
import { startAgent } from './agent-process.ts';
import type { Issuer } from './issuer.ts';
import { openIssuer } from './issuer.ts';
import type { Watcher } from './watcher.ts';
import { openWatcher } from './watcher.ts';

export const [BUSY_W, IDLE_W, LEAST_W, MOST_W] = [275, 30, 100, 300];
const GPUS = ['gpu0', 'gpu1', 'gpu2', 'gpu3', 'gpu4', 'gpu5', 'gpu6', 'gpu7'];
const [CHAT, TRAIN, BATCH] = [[0, 1, 2, 3], [4, 5], [6]];
const TOKEN = 'Nachtigall';
const pace = { restoreWindowS: 1, meterWindowS: 1, meterMs: 100, deviceMs: 300 };
const RATED_W = 7 * MOST_W;

export type GpuSite = {
  readonly host: NvidiaHost;
  readonly vllm: FakeVllm;
  readonly trainer: Inbox<Record<string, number>>;
  readonly watcher: Watcher;
  readonly issuer: Issuer;
  /** Part of what the rack's steerable GPUs are rated at. */
  fraction(watts: number): number;
  /** Status of every request that was answered so far. */
  readonly answers: number[];
  /** `T` while the plain process is frozen. */
  batchState(): string | undefined;
  /** A process that ends with the test at the latest; ready when it knows every GPU's home. */
  startAgent(): Promise<AgentProcess>;
};

/** Ends with the test. */
export async function openGpuSite(t: TestContext, url: string): Promise<GpuSite> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-gpus-'));
  const work = await mkdtemp(join(tmpdir(), 'ballast-work-'));
  buildNvml(work);
  const gpu = { demandW: BUSY_W, minW: LEAST_W, maxW: MOST_W };
  const host = new NvidiaHost(join(work, 'driver'), Array(GPUS.length).fill(gpu));
  const rack = createRack({ clock: systemClock, miners: [], otherLoadsW: 0 });
  const vllm = new FakeVllm(systemClock);
  const { url: server, routerUrl } = await vllm.listen();
  const batch = spawn('/bin/sh', ['-c', 'while :; do sleep 0.05; done'], { detached: true });
  writeFileSync(join(work, 'batch.pid'), `${batch.pid}\n`);
  const files = await writeFiles(folder, rack, { addresses: await rack.listen() }, [url], pace, {
    devices: GPUS.map((id, i) => ({
      id,
      adapter: 'nvidia',
      gpu: i,
      rated_w: MOST_W,
      idle_w: IDLE_W,
      period_ms: pace.deviceMs,
    })),
    workloads: [
      {
        id: 'chat',
        adapter: 'vllm',
        url: server,
        drain_url: `${routerUrl}/drain`,
        admit_url: `${routerUrl}/admit`,
        drain_s: 1,
        gpus: GPUS.slice(0, 4),
        tier: 1,
        period_ms: 200,
      },
      {
        id: 'train',
        adapter: 'cooperative',
        token_file: 'train.token',
        gpus: GPUS.slice(4, 6),
        tier: 2,
        period_ms: 200,
      },
      {
        id: 'batch',
        adapter: 'process-group',
        pidfile: join(work, 'batch.pid'),
        gpus: ['gpu6'],
        tier: 3,
        period_ms: 200,
      },
      { id: 'safe', adapter: 'process-group', pidfile: join(work, 'batch.pid'), gpus: ['gpu7'], tier: 'protected' },
    ],
  });
  writeFileSync(join(folder, 'train.token'), `${TOKEN}\n`);
  const [trainer, training] = startTrainer(folder, work);
  const watcher = await openWatcher(url, 5);
  const issuer = await openIssuer(url, 5, folder);
  const agents: AgentProcess[] = [];
  const answers: number[] = [];
  const over = new AbortController();
  const batchState = () => /^State:\s+(\w)/m.exec(readText(`/proc/${batch.pid}/status`))?.[1];
  const physics = followWork(host, rack.otherLoads, {
    chat: () => !vllm.asleep,
    train: () => trainer.all.at(-1)?.['rests_at'] === undefined,
    batch: () => batchState() !== 'T',
  });
  const users = Array.from({ length: 3 }, () => keepAsking(routerUrl, answers, over.signal));
  t.after(async () => {
    over.abort();
    await Promise.all(agents.map((agent) => agent.kill()));
    physics();
    process.kill(-Number(batch.pid), 'SIGKILL');
    training.kill('SIGKILL');
    await vllm.close();
    await Promise.all([...users, watcher.stop(), issuer.stop(), rack.stop()]);
    host.close();
    await Promise.all([folder, work].map((each) => rm(each, { recursive: true })));
  });
  return {
    host,
    vllm,
    trainer,
    watcher,
    issuer,
    fraction: (watts) => watts / RATED_W,
    answers,
    batchState,
    startAgent: async () => {
      const known = GPUS.map((id) =>
        watcher.next('device', ({ device, home, state }) => device === id && home === 'awake' && state === 'awake'),
      );
      const agent = startAgent(files, { environment: { LD_LIBRARY_PATH: work, BALLAST_NVML: host.file } });
      agents.push(agent);
      await Promise.race([Promise.all(known), agent.died]);
      return agent;
    },
  };
}

/** Nothing computes for nothing: each GPU wants watts while its work runs. @returns what ends that. */
function followWork(
  host: NvidiaHost,
  meter: { moveTo(watts: number): void },
  runs: { chat(): boolean; train(): boolean; batch(): boolean },
): () => void {
  const wanted = new Map<number, boolean>();
  const follow = (gpus: readonly number[], busy: boolean) => {
    for (const gpu of gpus) {
      if (wanted.get(gpu) === busy) continue;
      wanted.set(gpu, busy);
      host.demand(gpu, busy ? BUSY_W : IDLE_W);
    }
  };
  return systemClock.every('physics', 20, () => {
    follow(CHAT, runs.chat());
    follow(TRAIN, runs.train());
    follow(BATCH, runs.batch());
    meter.moveTo(host.totalW);
  });
}

function startTrainer(folder: string, work: string): [Inbox<Record<string, number>>, ChildProcess] {
  const script = resolve(import.meta.dirname, '../../../protocol/clients/python/train_example.py');
  const given = {
    socket: join(folder, 'run/ballast.sock'),
    workload: 'train',
    'token-file': join(folder, 'train.token'),
    checkpoint: join(work, 'checkpoint.json'),
    'checkpoint-s': '1',
    steps: '1000000',
    'step-s': '0.02',
  };
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn('python3', [script, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const said = new Inbox<Record<string, number>>();
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)));
  return [said, child];
}

/** A user who asks, waits for the answer, and asks again. */
async function keepAsking(routerUrl: string, answers: number[], over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    try {
      const { status } = await fetch(`${routerUrl}/v1/completions`, { method: 'POST', signal: over });
      answers.push(status);
    } catch {
      if (!over.aborted) answers.push(0);
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
