/**
 * Facts about the controller itself, which are read beside the loop all day: so from Node and the kernel's own files,
 * with no program started and no thread. The doctor, who comes and goes, asks a library for more.
 */
import { readdir, readFile, statfs } from 'node:fs/promises';
import { cpus, freemem } from 'node:os';
import { join } from 'node:path';
import type { Celsius, Millis } from '#protocol/units.ts';
import type { Clock } from './clock.ts';

/** A fact that the machine does not tell is undefined. */
export type HostFacts = {
  readonly memoryAvailableBytes: number;
  /** Of all cores, since the last reading, 0 to 100. */
  readonly loadPercent: number | undefined;
  readonly cpuC: Celsius | undefined;
  /** Of the disk that holds the agent's state. */
  readonly diskFreeBytes: number | undefined;
};

export type HostFactsParts = {
  /** The folder of the agent's state. */
  readonly folder: string;
  /** Where the kernel's /sys is. */
  readonly sysfs: string;
  readonly clock: Pick<Clock, 'every'>;
};

const PERIOD_MS: Millis = 30_000;
/** Drivers of a processor's own sensors: Intel's, AMD's, and what boards with ARM call theirs. */
const CPU_SENSORS = /^(coretemp|k10temp|zenpower|(cpu|soc)\w*thermal\w*)$/;

export class HostFactsReader {
  readonly #parts: HostFactsParts;
  #latest: HostFacts | undefined;
  #reading = false;
  #busy: Busy = { busyMs: 0, allMs: 0 };
  #cancelPeriod = () => {};

  constructor(parts: HostFactsParts) {
    this.#parts = parts;
  }

  /** The last reading; undefined before the first, and while a disk that hangs keeps one from ending. */
  get latest(): HostFacts | undefined {
    return this.#latest;
  }

  /** Reads now and then every half minute. */
  start(): void {
    this.#cancelPeriod = this.#parts.clock.every('host facts', PERIOD_MS, () => void this.read());
    void this.read();
  }

  async stop(): Promise<void> {
    this.#cancelPeriod();
  }

  /** Once more; undefined while the last reading has not ended. Never rejects. */
  async read(): Promise<HostFacts | undefined> {
    if (this.#reading) {
      this.#latest = undefined;
      return undefined;
    }
    this.#reading = true;
    const { folder, sysfs } = this.#parts;
    const before = this.#busy;
    this.#busy = busyOf(cpus());
    const [disk, cpuC] = await Promise.all([statfs(folder).catch(() => undefined), cpuTemperature(sysfs)]);
    this.#latest = {
      memoryAvailableBytes: freemem(),
      loadPercent: loadPercent(before, this.#busy),
      cpuC,
      diskFreeBytes: disk && disk.bavail * disk.bsize,
    };
    this.#reading = false;
    return this.#latest;
  }
}

/** Of all cores together, since the machine started. */
type Busy = { readonly busyMs: Millis; readonly allMs: Millis };

function busyOf(cores: ReturnType<typeof cpus>): Busy {
  const sum = (of: (times: (typeof cores)[number]['times']) => Millis) =>
    cores.reduce((total, { times }) => total + of(times), 0);
  const allMs = sum(({ user, nice, sys, irq, idle }) => user + nice + sys + irq + idle);
  return { busyMs: allMs - sum(({ idle }) => idle), allMs };
}

function loadPercent(before: Busy, after: Busy): number | undefined {
  const allMs = after.allMs - before.allMs;
  return allMs > 0 ? (100 * (after.busyMs - before.busyMs)) / allMs : undefined;
}

/** The hottest that a sensor of the processor says. */
async function cpuTemperature(sysfs: string): Promise<Celsius | undefined> {
  const chips = join(sysfs, 'class/hwmon');
  const found = await Promise.all((await namesIn(chips)).map((chip) => temperaturesOf(join(chips, chip))));
  const all = found.flat();
  return all.length > 0 ? Math.max(...all) : undefined;
}

async function temperaturesOf(chip: string): Promise<Celsius[]> {
  if (!CPU_SENSORS.test((await textIn(join(chip, 'name'))) ?? '')) return [];
  const inputs = (await namesIn(chip)).filter((file) => /^temp\d+_input$/.test(file));
  const said = await Promise.all(inputs.map((file) => textIn(join(chip, file))));
  return said.filter((text) => text !== undefined && text !== '').map((text) => Number(text) / 1000);
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}

/** undefined where there is no such file, or its sensor does not answer. */
async function textIn(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}
