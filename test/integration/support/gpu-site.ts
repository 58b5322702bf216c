/**
 * A rack of eight GPUs and what runs on them. The GPUs are the stand-in of NVIDIA's library; what they draw follows what
 * runs on them, and a meter shows the sum.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '#agent/platform/clock.ts';
import { NvidiaHost } from '#test/simulator/nvml/nvidia-host.ts';
import { createRack } from '#test/simulator/rack.ts';
import { GPUS, GpuWork, gpuSpecs, IDLE_W, MOST_W } from '#test/support/gpu-work.ts';
import { buildNvml } from '#test/support/nvml-stub.ts';
import { writeFiles } from '#test/support/rack-files.ts';
import type { AgentProcess } from './agent-process.ts';
import { startAgent } from './agent-process.ts';
import type { Issuer } from './issuer.ts';
import { openIssuer } from './issuer.ts';
import type { Watcher } from './watcher.ts';
import { openWatcher } from './watcher.ts';

const pace = { restoreWindowS: 1, meterWindowS: 1, meterMs: 100, deviceMs: 300 };
/** All but the protected one. */
const RATED_W = 7 * MOST_W;

export type GpuSite = {
  readonly host: NvidiaHost;
  readonly work: GpuWork;
  readonly watcher: Watcher;
  readonly issuer: Issuer;
  /** Part of what the rack's steerable GPUs are rated at. */
  fraction(watts: number): number;
  /** A process that ends with the test at the latest; ready when it knows every GPU's home. */
  startAgent(): Promise<AgentProcess>;
};

/** Ends with the test. */
export async function openGpuSite(t: TestContext, url: string): Promise<GpuSite> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-gpus-'));
  const beside = await mkdtemp(join(tmpdir(), 'ballast-work-'));
  buildNvml(beside);
  const host = new NvidiaHost(join(beside, 'driver'), gpuSpecs);
  const rack = createRack({ clock: systemClock, miners: [], otherLoadsW: 0 });
  const work = await GpuWork.start(beside);
  const devices = GPUS.map((id, gpu) => {
    return { id, adapter: 'nvidia', gpu, rated_w: MOST_W, idle_w: IDLE_W, period_ms: pace.deviceMs };
  });
  const { workloads } = work;
  const files = await writeFiles(folder, rack, { addresses: await rack.listen() }, [url], pace, { devices, workloads });
  work.train(folder);
  work.drive(host, rack.otherLoads);
  const watcher = await openWatcher(url, 5);
  const issuer = await openIssuer(url, 5, folder);
  const agents: AgentProcess[] = [];
  t.after(async () => {
    await Promise.all(agents.map((agent) => agent.kill()));
    await Promise.all([work.stop(), watcher.stop(), issuer.stop(), rack.stop()]);
    host.close();
    await Promise.all([folder, beside].map((each) => rm(each, { recursive: true })));
  });
  return {
    host,
    work,
    watcher,
    issuer,
    fraction: (watts) => watts / RATED_W,
    startAgent: async () => {
      const known = GPUS.map((id) =>
        watcher.next('device', ({ device, home, state }) => device === id && home === 'awake' && state === 'awake'),
      );
      const agent = startAgent(files, { environment: { LD_LIBRARY_PATH: beside, BALLAST_NVML: host.file } });
      agents.push(agent);
      await Promise.race([Promise.all(known), agent.died]);
      return agent;
    },
  };
}
