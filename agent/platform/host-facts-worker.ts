/**
 * Reads the facts about the controller. Of its own thread because systeminformation starts programs, some of them
 * synchronously, and because a call that hangs can be ended with the thread.
 */
import { statfs } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import si from 'systeminformation';
import type { HostFacts } from './host-facts.ts';

const folder = String(workerData);

parentPort?.on('message', () => void gather().then((facts) => parentPort?.postMessage(facts)));

async function gather(): Promise<HostFacts> {
  // Nothing from outside is passed on: the library builds command lines from its arguments.
  const [memory, load, temperature, disk] = await Promise.all([
    absentIfFailed(si.mem()),
    absentIfFailed(si.currentLoad()),
    absentIfFailed(si.cpuTemperature()),
    absentIfFailed(statfs(folder)),
  ]);
  return {
    memoryTotalBytes: known(memory?.total),
    memoryAvailableBytes: known(memory?.available),
    loadPercent: known(load?.currentLoad),
    cpuC: known(temperature?.main),
    diskTotalBytes: known(disk && disk.blocks * disk.bsize),
    diskFreeBytes: known(disk && disk.bavail * disk.bsize),
    uptimeS: known(si.time().uptime),
  };
}

/** One fact that cannot be had must not take the others with it. */
function absentIfFailed<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch(() => undefined);
}

/** The library says null, '' or NaN for what the machine does not tell. */
function known(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
