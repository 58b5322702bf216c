/** What a technician asks of the agent that runs: it holds the wires, so it alone can read them. */
import * as z from 'zod';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { LocalHandler } from '#agent/platform/local-socket.ts';
import { LocalError, localVerb } from '#agent/platform/local-socket.ts';
import type { Rack } from '#agent/rack/rack.ts';
import { readablesOf } from './readables.ts';
import { readout } from './readout.ts';
import { recognise } from './recognise.ts';

const nothing = z.strictObject({});

/** `maps` are all that are known, asked for when somebody looks for instruments. */
export function technicianVerbs(
  running: Promise<{ readonly rack: Rack }>,
  clock: Pick<Clock, 'monotonic'>,
  maps: () => Promise<readonly RegisterMap[]>,
): Record<string, LocalHandler> {
  return {
    instruments: localVerb(nothing, async () => ({ instruments: [...readablesOf((await running).rack).keys()] })),
    read: localVerb(z.strictObject({ instrument: z.string() }), async ({ instrument }) => {
      const found = readablesOf((await running).rack).get(instrument);
      if (!found) throw new LocalError('no_instrument', `this rack has no meter, sensor or PDU ${instrument}`);
      return { lines: await readout(found, clock) };
    }),
    buses: localVerb(nothing, async () => ({ buses: (await running).rack.wires() })),
    recognise: localVerb(z.strictObject({ bus: z.string(), unit: z.int().min(0).max(255) }), async ({ bus, unit }) => {
      const wire = (await running).rack.bus(bus);
      if (!wire) throw new LocalError('no_bus', `this rack has no bus ${bus}`);
      return await recognise(wire, unit, await maps());
    }),
  };
}
