import type { Millis } from '#protocol/units.ts';

/** CLOCK_MONOTONIC, milliseconds: the one clock that all processes of a machine share. */
export function moment(): Millis {
  return Number(process.hrtime.bigint()) / 1e6;
}
