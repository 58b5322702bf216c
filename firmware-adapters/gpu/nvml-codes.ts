/** NVML's return codes as adapter errors, and its bit sets in words. Numbers are those of NVIDIA's nvml.h. */
import type { AdapterErrorKind } from '../errors.ts';
import { AdapterError } from '../errors.ts';

type Meaning = { readonly kind: AdapterErrorKind; readonly words: string };

const meanings: Readonly<Record<number, Meaning>> = {
  1: { kind: 'unreachable', words: 'NVML is not initialised' },
  2: {
    kind: 'refused',
    words: 'the driver takes an argument for wrong: a MIG slice has no limits, name the whole GPU',
  },
  3: { kind: 'unsupported', words: 'this GPU does not have it' },
  4: { kind: 'unauthorised', words: 'permission denied: the agent must run as root or with CAP_SYS_ADMIN' },
  6: { kind: 'unreachable', words: 'no such GPU: `nvidia-smi -L` lists those that are there' },
  7: { kind: 'unsupported', words: 'there is more of it than fits' },
  9: { kind: 'unreachable', words: 'the NVIDIA driver is not loaded' },
  10: { kind: 'timedOut', words: 'the driver gave up waiting for the GPU' },
  13: { kind: 'unsupported', words: 'this driver does not know the call' },
  15: { kind: 'unreachable', words: 'the GPU has fallen off the bus: only a reset or a reboot brings it back' },
  16: { kind: 'unreachable', words: 'the GPU needs a reset' },
  18: { kind: 'unreachable', words: 'driver and library differ in version, as after an update: reboot' },
  19: { kind: 'refused', words: 'the GPU is in use' },
};

/** `code` is what `symbol` returned; not 0. */
export function nvmlError(symbol: string, code: number): AdapterError {
  const { kind, words } = meanings[code] ?? { kind: 'refused', words: `code ${code}` };
  return new AdapterError(kind, `${symbol}: ${words}`, { code });
}

/** Whether the GPU, or this driver, lacks what was asked for: then a field is absent, and nothing is wrong. */
export function isLacking(error: unknown): boolean {
  return error instanceof AdapterError && error.kind === 'unsupported';
}

/** nvmlClocksEventReasons, without 1 (idle) and 2 (clocks set by the applications), which hold nothing back. */
const reasons: readonly (readonly [bit: number, name: string])[] = [
  [0x4, 'power cap'],
  [0x8, 'hardware slowdown'],
  [0x20, 'heat'],
  [0x40, 'heat, by hardware'],
  [0x80, 'power brake'],
];

/** What holds the clocks down now. */
export function throttleReasons(bits: number): string[] {
  return reasons.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
}
