/** The machine that the agent runs on: what it is, and whether it has air and memory to spare. */
import { availableParallelism } from 'node:os';
import si from 'systeminformation';
import type { Celsius } from '#protocol/units.ts';
import type { Finding } from './finding.ts';
import { ok, warn } from './finding.ts';

/** What a machine does not tell is undefined. */
export type Controller = {
  /** Maker and model, such as `Raspberry Pi Foundation Raspberry Pi 4 Model B Rev 1.4`. */
  readonly model: string | undefined;
  /** Such as `Debian GNU/Linux 12 (arm64)`. */
  readonly system: string | undefined;
  readonly cores: number;
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number } | undefined;
  readonly cpuC: Celsius | undefined;
};

/** What the agent with a full rack takes, and its update beside it. */
const LEAST_MEMORY_BYTES = 512 * 1024 * 1024;
/** Boards without a fan slow down a little above this. */
const HOT_C: Celsius = 80;

/** Nothing from outside is passed on: the library builds command lines from its arguments. */
export async function readController(): Promise<Controller> {
  const [system, os, memory, temperature] = await Promise.all([
    unlessFailed(si.system()),
    unlessFailed(si.osInfo()),
    unlessFailed(si.mem()),
    unlessFailed(si.cpuTemperature()),
  ]);
  const totalBytes = known(memory?.total);
  const availableBytes = known(memory?.available);
  return {
    model: words(system?.manufacturer, system?.model),
    system: words(os?.distro, os?.release, os?.arch && `(${os.arch})`),
    cores: availableParallelism(),
    memory: totalBytes && availableBytes !== undefined ? { totalBytes, availableBytes } : undefined,
    cpuC: known(temperature?.main),
  };
}

export function judgeController({ model, system, cores, memory, cpuC }: Controller): Finding[] {
  const told = [
    model,
    system,
    `${cores} core${cores === 1 ? '' : 's'}`,
    memory && `${mib(memory.availableBytes)} of ${mib(memory.totalBytes)} MiB free`,
    cpuC === undefined ? undefined : `${Math.round(cpuC)} °C`,
  ].filter((part) => part !== undefined);
  const findings = [ok('controller', told.join(', '))];
  if (memory && memory.availableBytes < LEAST_MEMORY_BYTES)
    findings.push(
      warn('memory', `only ${mib(memory.availableBytes)} MiB are free`, 'end what else runs here, or add memory'),
    );
  if (cpuC !== undefined && cpuC > HOT_C)
    findings.push(warn('heat', `the processor has ${Math.round(cpuC)} °C`, 'give the controller air, or a fan'));
  return findings;
}

function mib(bytes: number): number {
  return Math.floor(bytes / 1024 / 1024);
}

/** One fact that cannot be had must not take the others with it. */
function unlessFailed<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch(() => undefined);
}

/** The library says null, '', -1 or NaN for what the machine does not tell. */
function known(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** What makers leave in their firmware for `nothing`. */
const NO_NAME = /^(|-|none|unknown|default string|to be filled by o\.?e\.?m\.?|system (manufacturer|product name))$/i;

function words(...given: (string | undefined)[]): string | undefined {
  const real = given.map((each) => each?.trim() ?? '').filter((each) => !NO_NAME.test(each));
  return real.length > 0 ? real.join(' ') : undefined;
}
