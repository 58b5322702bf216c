/** What Modbus RTU takes on a wire at the least, by the specification: "MODBUS over Serial Line V1.02", section 2.5.1. */
import type { Millis } from '#protocol/units.ts';

/** Start, eight data bits, parity or a second stop bit, stop. */
export function charMsAt(baud: number): Millis {
  return 11_000 / baud;
}

/** 3.5 characters, and 1.75 ms above 19200 baud. */
export function gapMsAt(baud: number): Millis {
  return baud > 19_200 ? 1.75 : 3.5 * charMsAt(baud);
}

/** A read of so many registers and its reply, with the silence after each, of a unit that answers at once. */
export function readMsAt(baud: number, registers: number): Millis {
  return (8 + 5 + 2 * registers) * charMsAt(baud) + 2 * gapMsAt(baud);
}
