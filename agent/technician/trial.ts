/** A register map tried on a unit, before any config names it. */
import { createInstrument } from '#adapters/modbus/instrument.ts';
import { createOutlets } from '#adapters/modbus/outlets.ts';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import { channelOf } from '#adapters/modbus/repeats.ts';
import type { BusConfig } from '#agent/config/config.ts';
import type { WireParts } from '#agent/rack/wires.ts';
import { openBus } from '#agent/rack/wires.ts';
import type { Line } from './readout.ts';
import { readout } from './readout.ts';

/** Reads only. @throws RangeError for a channel that the map does not have. */
export async function tryMap(
  whole: RegisterMap,
  at: { bus: BusConfig; unit: number; channel?: number },
  parts: WireParts,
): Promise<Line[]> {
  const { unit, channel = 1 } = at;
  const map = whole.channels ? channelOf(whole, channel) : whole;
  const bus = openBus(at.bus, parts, new Map([[unit, map.min_gap_ms]]));
  try {
    const { clock } = parts;
    const instrument = createInstrument({ id: map.id, bus, unit, map });
    const outlets = map.outlets && createOutlets({ id: map.id, bus, unit, map, outlets: map.outlets, clock });
    return await readout({ instrument, ...(outlets && { outlets }) }, clock);
  } finally {
    await bus.stop();
  }
}
