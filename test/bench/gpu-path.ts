/**
 * From an order's publish to the last of eight power caps: the agent as a site runs it, against a bare loop of eight
 * NVML calls, and against eight `nvidia-smi -pl` one after the other as people do it today.
 *
 * There is no GPU: all three meet the same stand-in for NVIDIA's library. With it each cap takes 10 ms and a lock that
 * all GPUs share, so that nobody gains by calling in parallel; then the driver is made instantaneous, which leaves what
 * each way costs by itself. The loop and `nvidia-smi` begin at once; the agent's time holds the broker, the signature
 * and the decision too.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import koffi from 'koffi';
import type { Millis } from '#protocol/units.ts';
import { NvidiaHost } from '#test/simulator/nvml/nvidia-host.ts';
import { buildNvml } from '#test/support/nvml-stub.ts';
import type { Bench, Outcome, Surroundings } from './bench.ts';
import { quantile } from './bench.ts';
import { startAgent } from './command-path/actors.ts';
import { openBroker } from './command-path/broker.ts';
import { moment } from './command-path/moment.ts';
import type { Operator } from './command-path/operator.ts';
import { openOperator } from './command-path/operator.ts';
import { POLL_MS, SITES, writeSite } from './command-path/site.ts';

export const gpuPath: Bench = {
  name: 'gpu-path',
  what: 'publish to the last of 8 GPU caps, against a bare loop of NVML calls and against nvidia-smi',
  run: async (surroundings) => {
    const folder = await mkdtemp(join(tmpdir(), 'ballast-bench-'));
    try {
      return await inFolder(folder, surroundings);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return { kind: 'notRun', why: 'needs gcc and libc6-dev' };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

const GPUS = 8;
const RUNS = 30;
const SET_US = 10_000;
const [FULL_W, LOW_W] = [300, 100];

type Ways = { readonly agent: Millis[]; readonly loop: Millis[]; readonly smi: Millis[] };

async function inFolder(folder: string, { say }: Surroundings): Promise<Outcome> {
  const built = buildNvml(folder);
  const broker = await openBroker();
  const gpus = Array(GPUS).fill({ demandW: 275, minW: LOW_W, maxW: FULL_W, setUs: SET_US });
  const agentHost = new NvidiaHost(join(folder, 'agent-gpus'), gpus, { oneAtATime: true });
  const bareHost = new NvidiaHost(join(folder, 'bare-gpus'), gpus, { oneAtATime: true });
  const devices = gpus.map((_, i) => ({
    id: `gpu${i}`,
    adapter: 'nvidia',
    gpu: i,
    rated_w: FULL_W,
    period_ms: POLL_MS,
  }));
  const files = await writeSite(folder, broker.url, devices);
  const operator = await openOperator(broker.url, files.issuer);
  const homes = operator.knowsHomes(GPUS);
  const agent = await startAgent(folder, files, { LD_LIBRARY_PATH: folder, BALLAST_NVML: agentHost.file });
  try {
    await Promise.race([homes, agent.untimelyEnd]);
    const bare = bareCalls(built.library, bareHost);
    const ways = { agentHost, operator, bare, smi: { program: built.smi, library: built.library, host: bareHost } };
    say(`${GPUS} GPUs, ${RUNS} cuts each way, over ${broker.name}; a cap takes ${SET_US / 1000} ms`);
    const slow = await alternate(ways);
    for (const host of [agentHost, bareHost]) host.takesToSet(0);
    say('the same with a driver that takes no time');
    const instant = await alternate(ways);
    return outcomeOf(slow, instant);
  } finally {
    await agent.stop();
    await operator.stop();
    await broker.stop();
    agentHost.close();
    bareHost.close();
  }
}

type Parts = {
  readonly agentHost: NvidiaHost;
  readonly operator: Operator;
  readonly bare: (watts: number) => void;
  readonly smi: { readonly program: string; readonly library: string; readonly host: NvidiaHost };
};

async function alternate({ agentHost, operator, bare, smi }: Parts): Promise<Ways> {
  const ways: Ways = { agent: [], loop: [], smi: [] };
  for (let run = 0; run < RUNS; run++) {
    // At every phase of the agent's own readings, and in every run of the bench at the same ones.
    await sleep(((run * 0.618034) % 1) * 1000);
    ways.agent.push(await agentCut(agentHost, operator, run));
    ways.loop.push(timed(() => bare(LOW_W)));
    bare(FULL_W);
    ways.smi.push(await smiCut(smi));
    bare(FULL_W);
  }
  return ways;
}

/** Cuts, and lets the rack come home again. */
async function agentCut(host: NvidiaHost, operator: Operator, run: number): Promise<Millis> {
  const event = `cut-${moment().toFixed(0)}-${run}`;
  const order = await operator.order(SITES.agent, event, { kind: 'ceiling', fraction: 0 });
  const at = operator.publish(order);
  while (host.caps().some((watts) => watts !== LOW_W)) await sleep(1);
  const last = Math.max(...Array.from({ length: GPUS }, (_, i) => host.sets(i).lastMs));
  const release = await operator.order(SITES.agent, event, { kind: 'release' });
  const restored = operator.restored(release);
  operator.publish(release);
  await restored;
  return last - at;
}

/** The least that can set eight caps: the library's own function, called in turn. */
function bareCalls(library: string, host: NvidiaHost): (watts: number) => void {
  process.env['BALLAST_NVML'] = host.file;
  const nvml = koffi.load(library);
  nvml.func('int nvmlInit_v2()')();
  const open = nvml.func('int nvmlDeviceGetHandleByIndex_v2(unsigned int index, _Out_ uintptr_t *gpu)');
  const set = nvml.func('int nvmlDeviceSetPowerManagementLimit(uintptr_t gpu, unsigned int mw)');
  const handles = Array.from({ length: GPUS }, (_, i) => {
    const handle = [0];
    open(i, handle);
    return handle[0];
  });
  return (watts) => {
    for (const handle of handles) if (set(handle, watts * 1000) !== 0) throw new Error('the bare loop was refused');
  };
}

async function smiCut({ program, library, host }: Parts['smi']): Promise<Millis> {
  const env = { BALLAST_NVML: host.file, BALLAST_NVML_LIBRARY: library };
  const begun = moment();
  for (let gpu = 0; gpu < GPUS; gpu++)
    await promisify(execFile)(program, ['-i', String(gpu), '-pl', String(LOW_W)], { env });
  return moment() - begun;
}

function timed(work: () => void): Millis {
  const begun = moment();
  work();
  return moment() - begun;
}

function outcomeOf(slow: Ways, instant: Ways): Outcome {
  const p50 = (values: Millis[]) => quantile(values, 0.5);
  return {
    kind: 'ran',
    checks: [
      {
        what: 'last cap, of the bare loop at p50',
        value: p50(slow.agent) / p50(slow.loop),
        limit: 1.25,
        better: 'lower',
      },
      { what: 'last cap, of nvidia-smi at p50', value: p50(slow.agent) / p50(slow.smi), limit: 1, better: 'lower' },
    ],
    figures: { ...figures('', slow), ...figures('instant_', instant) },
  };
}

function figures(prefix: string, ways: Ways): Record<string, number> {
  return Object.fromEntries(
    Object.entries(ways).flatMap(([way, values]) =>
      [0.5, 0.99].map((share) => [`${prefix}${way}_last_p${share * 100}_ms`, quantile(values, share)]),
    ),
  );
}
