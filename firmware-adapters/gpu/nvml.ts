/**
 * NVIDIA's management library, bound once for a rack: no process is started, and nothing is loaded before the first
 * call. Every call runs beside the event loop, since a driver in trouble may take seconds, or never come back.
 */
import koffi from 'koffi';
import { AdapterError } from '../errors.ts';
import { Slots } from '../transport/slots.ts';
import { nvmlError } from './nvml-codes.ts';

export type Nvml = {
  /** By index, or by UUID (`GPU-...`). Loads the library where that is still to do. */
  gpu(which: number | string): Promise<NvmlGpu>;
  /** The driver's version. */
  driver(): Promise<string>;
};

/** Each call throws `AdapterError`; `unsupported` where this GPU or driver lacks it. */
export type NvmlGpu = {
  name(): Promise<string>;
  uuid(): Promise<string>;
  serial(): Promise<string>;
  powerMw(): Promise<number>;
  /** The power cap as it is set, and what can be set. */
  capMw(): Promise<number>;
  capRangeMw(): Promise<{ min: number; max: number }>;
  setCapMw(mw: number): Promise<void>;
  /** Of the multiprocessors. */
  clockMhz(): Promise<number>;
  maxClockMhz(): Promise<number>;
  /** Holds the clock at this and below until it is let go; nobody can ask later whether it is held. */
  holdClock(mhz: number): Promise<void>;
  letClockGo(): Promise<void>;
  temperatureC(): Promise<number>;
  /** Percent of the last sampling period in which something ran. */
  utilisationPercent(): Promise<number>;
  memoryBytes(): Promise<{ total: number; used: number }>;
  /** Process ids of what computes on it. */
  processes(): Promise<number[]>;
  /** Bits of nvmlClocksEventReasons. */
  throttleBits(): Promise<number>;
  /** Whether it is cut into slices. */
  mig(): Promise<boolean>;
};

/** Of libuv's four threads: hung calls must leave one for the agent's files and name look-ups. */
const AT_ONCE = 3;
const TEXT_BYTES = 96;
/** nvmlProcessInfo_t: pid, memory, two instance ids. */
const PROCESS_BYTES = 24;
const MOST_PROCESSES = 64;
/** NVML_CLOCK_SM and NVML_TEMPERATURE_GPU. */
const SM_CLOCK = 1;
const GPU_SENSOR = 0;

type Argument = number | bigint | string | Buffer;

/** @param library a name for the loader, or a path. */
export function createNvml(library = 'libnvidia-ml.so.1'): Nvml {
  const bound = new NvmlLibrary(library);
  return {
    gpu: async (which) => {
      const handle = Buffer.alloc(8);
      if (typeof which === 'number') await bound.read('nvmlDeviceGetHandleByIndex_v2', which, handle);
      else await bound.read('nvmlDeviceGetHandleByUUID', which, handle);
      return gpuOf(bound, handle.readBigUInt64LE());
    },
    driver: () => textOf(bound, 'nvmlSystemGetDriverVersion'),
  };
}

function gpuOf(nvml: NvmlLibrary, handle: bigint): NvmlGpu {
  const text = (symbol: string) => () => textOf(nvml, symbol, handle);
  const number =
    (symbol: string, ...given: number[]) =>
    async () =>
      (await structOf(nvml, symbol, 4, handle, ...given)).readUInt32LE();
  return {
    name: text('nvmlDeviceGetName'),
    uuid: text('nvmlDeviceGetUUID'),
    serial: text('nvmlDeviceGetSerial'),
    powerMw: number('nvmlDeviceGetPowerUsage'),
    capMw: number('nvmlDeviceGetPowerManagementLimit'),
    capRangeMw: async () => {
      const [min, max] = [Buffer.alloc(4), Buffer.alloc(4)];
      await nvml.read('nvmlDeviceGetPowerManagementLimitConstraints', handle, min, max);
      return { min: min.readUInt32LE(), max: max.readUInt32LE() };
    },
    setCapMw: (mw) => nvml.write('nvmlDeviceSetPowerManagementLimit', handle, mw),
    clockMhz: number('nvmlDeviceGetClockInfo', SM_CLOCK),
    maxClockMhz: number('nvmlDeviceGetMaxClockInfo', SM_CLOCK),
    holdClock: (mhz) => nvml.write('nvmlDeviceSetGpuLockedClocks', handle, 0, mhz),
    letClockGo: () => nvml.write('nvmlDeviceResetGpuLockedClocks', handle),
    temperatureC: number('nvmlDeviceGetTemperature', GPU_SENSOR),
    utilisationPercent: async () => (await structOf(nvml, 'nvmlDeviceGetUtilizationRates', 8, handle)).readUInt32LE(),
    memoryBytes: async () => {
      const memory = await structOf(nvml, 'nvmlDeviceGetMemoryInfo', 24, handle);
      return { total: Number(memory.readBigUInt64LE(0)), used: Number(memory.readBigUInt64LE(16)) };
    },
    processes: async () => {
      const [count, infos] = [Buffer.alloc(4), Buffer.alloc(MOST_PROCESSES * PROCESS_BYTES)];
      count.writeUInt32LE(MOST_PROCESSES);
      await nvml.read('nvmlDeviceGetComputeRunningProcesses_v3', handle, count, infos);
      const found = Math.min(count.readUInt32LE(), MOST_PROCESSES);
      return Array.from({ length: found }, (_, i) => infos.readUInt32LE(i * PROCESS_BYTES));
    },
    throttleBits: async () =>
      Number((await structOf(nvml, 'nvmlDeviceGetCurrentClocksThrottleReasons', 8, handle)).readBigUInt64LE()),
    mig: async () => {
      const [current, pending] = [Buffer.alloc(4), Buffer.alloc(4)];
      await nvml.read('nvmlDeviceGetMigMode', handle, current, pending);
      return current.readUInt32LE() === 1;
    },
  };
}

/** What a call writes to its last argument. */
async function structOf(nvml: NvmlLibrary, symbol: string, bytes: number, ...given: Argument[]): Promise<Buffer> {
  const out = Buffer.alloc(bytes);
  await nvml.read(symbol, ...given, out);
  return out;
}

async function textOf(nvml: NvmlLibrary, symbol: string, ...given: Argument[]): Promise<string> {
  const text = Buffer.alloc(TEXT_BYTES);
  await nvml.read(symbol, ...given, text, TEXT_BYTES);
  return text.toString('utf8', 0, text.indexOf(0)).trim();
}

type Bound = { async(...args: [...Argument[], (error: Error | null, code: number) => void]): void };

class NvmlLibrary {
  readonly #path: string;
  readonly #slots = new Slots(AT_ONCE);
  readonly #functions = new Map<string, Bound>();
  #library: ReturnType<typeof koffi.load> | undefined;
  #ready: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  read(symbol: string, ...args: Argument[]): Promise<void> {
    return this.#call(false, symbol, args);
  }

  /** Goes before every read that waits. */
  write(symbol: string, ...args: Argument[]): Promise<void> {
    return this.#call(true, symbol, args);
  }

  async #call(urgent: boolean, symbol: string, args: Argument[]): Promise<void> {
    this.#ready ??= this.#initialise();
    await this.#ready;
    await this.#slots.run(urgent, () => this.#invoke(symbol, args));
  }

  /** Tried anew by the next call when it fails: the driver may be loaded later. */
  async #initialise(): Promise<void> {
    try {
      this.#library ??= load(this.#path);
      await this.#slots.run(true, () => this.#invoke('nvmlInit_v2', []));
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }

  #invoke(symbol: string, args: Argument[]): Promise<void> {
    const bound = this.#bind(symbol, args);
    return new Promise((resolve, reject) => {
      bound.async(...args, (error, code) => {
        if (error) reject(error);
        else if (code === 0) resolve();
        else reject(nvmlError(symbol, code));
      });
    });
  }

  /** NVML's arguments are of four kinds, and a value tells which one it is. */
  #bind(symbol: string, args: readonly Argument[]): Bound {
    const known = this.#functions.get(symbol);
    if (known) return known;
    const types = args.map((value) => TYPES[typeof value] ?? 'void *').join(', ');
    try {
      const bound = this.#library?.func(`int ${symbol}(${types || 'void'})`) as Bound;
      this.#functions.set(symbol, bound);
      return bound;
    } catch (cause) {
      throw new AdapterError('unsupported', `this driver’s library has no ${symbol}`, { cause });
    }
  }
}

const TYPES: Readonly<Record<string, string>> = { number: 'unsigned int', bigint: 'uintptr_t', string: 'const char *' };

function load(path: string): ReturnType<typeof koffi.load> {
  try {
    return koffi.load(path);
  } catch (cause) {
    throw new AdapterError('unreachable', `no NVIDIA driver: ${path} cannot be loaded`, { cause });
  }
}
