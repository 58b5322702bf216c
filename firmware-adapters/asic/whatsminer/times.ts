/**
 * How long WhatsMiners take, and how far they can be turned down, whatever API they are told by. From the maker's API
 * manual V2.2 (2025-05-09) unless said otherwise; none has a meter trace behind it.
 */
import type { Range } from '#protocol/capability.ts';
import type { Millis, Watts } from '#protocol/units.ts';

/** Assumed: nobody has published how fast a WhatsMiner goes to sleep. */
export const SLEEP_SETTLE_MS: Millis = 5_000;
/** Frequency search at upfreq_speed 5 to 6; 60 s with Power Fast Boot (by operators' accounts). */
export const WAKE_SETTLE_MS: Millis = 600_000;
/** "Within a single second". */
export const LIMIT_SETTLE_MS: Millis = 1_000;
/** Two minutes assumed for the boot of the control board, then as after a wake. */
export const REBOOT_SETTLE_MS: Millis = WAKE_SETTLE_MS + 120_000;
/** Assumed: the figure LuxOS gives for a sleeping miner; there is none for a WhatsMiner. */
export const RESIDUAL_W: Watts = 25;
/**
 * The manual allows 0 to 100, field guides go down to 60, and nobody documents how deep a board stays stable. 40 is a
 * choice between the two; for a deeper cut there is sleep.
 */
export const limitRange: Range = { min: 40, max: 100, step: 1, unit: 'percent' };

/** Milliseconds: on for 100 of every 200, from now. */
export const redBlink = { color: 'red', period: 200, duration: 100, start: 0 };
