/**
 * A machine's NVIDIA GPUs: the file in which the stand-in driver (nvml.c) keeps them, seen from outside the agent. What
 * runs on a GPU is a demand in watts; faults are fields.
 */
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import type { Watts } from '#protocol/units.ts';
import type { GpuHost, GpuSpec } from '../gpu-host.ts';

/** `setUs` is how long setting a cap takes, in microseconds. */
export type NvidiaSpec = GpuSpec & { readonly setUs?: number };

const MAX_MHZ = 1530;
const HEAD_BYTES = 64;
const GPU_BYTES = 72;
/** Of struct gpu in nvml.c. */
const at = {
  lost: 0,
  demand: 4,
  cap: 8,
  min: 12,
  max: 16,
  refuse: 20,
  setUs: 24,
  hang: 28,
  sliced: 32,
  from: 36,
  moved: 40,
  set: 48,
  sets: 56,
  pid: 60,
  held: 64,
};

export class NvidiaHost implements GpuHost {
  /** For the environment of whoever loads the stand-in: `BALLAST_NVML`. */
  readonly file: string;
  readonly count: number;
  readonly #fd: number;

  /** @param oneAtATime whether the driver sets one cap after the other, whatever its callers do. */
  constructor(file: string, gpus: readonly NvidiaSpec[], { oneAtATime = false } = {}) {
    this.file = file;
    this.count = gpus.length;
    const bytes = Buffer.alloc(HEAD_BYTES + gpus.length * GPU_BYTES);
    bytes.writeUInt32LE(gpus.length, 0);
    bytes.writeUInt32LE(oneAtATime ? 1 : 0, 4);
    for (const [i, { demandW, minW, maxW, setUs = 0 }] of gpus.entries()) {
      const gpu = bytes.subarray(HEAD_BYTES + i * GPU_BYTES);
      gpu.writeUInt32LE(demandW * 1000, at.demand);
      gpu.writeUInt32LE(maxW * 1000, at.cap);
      gpu.writeUInt32LE(minW * 1000, at.min);
      gpu.writeUInt32LE(maxW * 1000, at.max);
      gpu.writeUInt32LE(setUs, at.setUs);
      gpu.writeUInt32LE(demandW * 1000, at.from);
    }
    writeFileSync(file, bytes);
    this.#fd = openSync(file, 'r+');
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** What all of them draw now, as a meter before them would show. */
  get totalW(): Watts {
    return Array.from({ length: this.count }, (_, i) => this.powerW(i)).reduce((sum, each) => sum + each, 0);
  }

  /** What one draws now, without its sensor's 20 ms. */
  powerW(index: number): Watts {
    if (this.#read(index, at.lost)) return 0;
    const share = this.heldMhz(index) === 0 ? 1 : this.heldMhz(index) / MAX_MHZ;
    const towards = Math.min(this.#read(index, at.demand) * share, 0.96 * this.#read(index, at.cap));
    const sinceMs = Number(process.hrtime.bigint() - this.#readNs(index, at.moved)) / 1e6;
    return (towards + (this.#read(index, at.from) - towards) * Math.exp(-sinceMs / 20)) / 1000;
  }

  /** Where its clock is held; 0 for a free one. */
  heldMhz(index: number): number {
    return this.#read(index, at.held);
  }

  capW(index: number): Watts {
    return this.#read(index, at.cap) / 1000;
  }

  caps(): Watts[] {
    return Array.from({ length: this.count }, (_, i) => this.capW(i));
  }

  /** How often a cap was set on it, and when last: milliseconds of the machine's monotonic clock. */
  sets(index: number): { count: number; lastMs: number } {
    return { count: this.#read(index, at.sets), lastMs: Number(this.#readNs(index, at.set)) / 1e6 };
  }

  demand(index: number, watts: Watts): void {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt32LE(Math.round(this.powerW(index) * 1000), 0);
    bytes.writeBigUInt64LE(process.hrtime.bigint(), 4);
    this.#write(index, at.from, bytes);
    this.#set(index, at.demand, Math.round(watts * 1000));
  }

  /** Microseconds that setting a cap takes, on each of them. */
  takesToSet(us: number): void {
    for (let index = 0; index < this.count; index++) this.#set(index, at.setUs, us);
  }

  /** A process computes on it; 0 for none. */
  runs(index: number, pid: number): void {
    this.#set(index, at.pid, pid);
  }

  fallOffTheBus(index: number, fallen = true): void {
    this.#set(index, at.lost, fallen ? 1 : 0);
  }

  /** @param code what setting a cap returns from now on; 0 lets it be set again. */
  refuse(index: number, code: number): void {
    this.#set(index, at.refuse, code);
  }

  /** Reading its power does not return while this lasts. */
  hang(index: number, hangs: boolean): void {
    this.#set(index, at.hang, hangs ? 1 : 0);
  }

  slice(index: number): void {
    this.#set(index, at.sliced, 1);
  }

  #set(index: number, offset: number, value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    this.#write(index, offset, bytes);
  }

  #write(index: number, offset: number, bytes: Buffer): void {
    writeSync(this.#fd, bytes, 0, bytes.length, HEAD_BYTES + index * GPU_BYTES + offset);
  }

  #read(index: number, offset: number): number {
    return this.#bytes(index, offset, 4).readUInt32LE();
  }

  #readNs(index: number, offset: number): bigint {
    return this.#bytes(index, offset, 8).readBigUInt64LE();
  }

  #bytes(index: number, offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    readSync(this.#fd, bytes, 0, length, HEAD_BYTES + index * GPU_BYTES + offset);
    return bytes;
  }
}
