/** Quantities as plain numbers; the alias and the field's suffix carry the unit. */
import * as z from 'zod';

export type Watts = number;
export type WattsPerSecond = number;
export type Millis = number;
export type Seconds = number;
export type Celsius = number;
export type Hertz = number;
export type Volts = number;
export type LitresPerMinute = number;
export type KiloPascals = number;

/** Power in watts, never negative; 1 GW is more than any site this steers. */
export const watts = z.number().nonnegative().max(1e9);
/** Metered power in watts; negative when the feed exports. */
export const signedWatts = z.number().min(-1e9).max(1e9);
export const wattsPerSecond = z.number().positive().max(1e9);
export const seconds = z.number().nonnegative().max(31_622_400);
/** A share of something, 0 to 1. */
export const fraction = z.number().min(0).max(1);
