/**
 * The hardware dead-man of a PDU: what its outlets do when the controller falls silent. Ballast's rule is that stopping,
 * crashing and upgrading leave the outputs as they are, so an outlet holds unless a person has written `open` into the
 * config; closing by itself is not offered, since doubt never raises power and somebody's hands may be inside.
 */
import type { Seconds } from '#protocol/units.ts';
import { AdapterError } from '../errors.ts';
import type { DeadMan, OutletMap, WritePoint } from './register-map.ts';
import { writeOf } from './repeats.ts';
import type { WriteParts } from './write-point.ts';
import { readBack, writeChecked } from './write-point.ts';

/** `open` cuts whatever runs there once nobody has asked the PDU anything for that long. Protected outlets hold anyway. */
export type OnSilence = { outlets: 'hold' } | { outlets: 'open'; after_s: Seconds };

type Setting = { what: string; point: WritePoint; value: number };

/** Writes only what stands there otherwise: such registers wear. Rejects with `AdapterError`, naming what is not so. */
export async function armDeadMan(
  parts: WriteParts & { id: string },
  outlets: OutletMap & { dead_man: DeadMan },
  onSilence: OnSilence,
  signal?: AbortSignal,
): Promise<void> {
  for (const setting of settingsOf(outlets, onSilence)) {
    try {
      await ensure(parts, setting, signal);
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      const message = `${parts.id}: the dead-man is not armed: ${setting.what}: ${error.message}`;
      throw new AdapterError(error.kind, message, {
        cause: error,
        ...(error.code !== undefined && { code: error.code }),
      });
    }
  }
}

/**
 * In this order: what must hold does so before anything may open, and a short time-out of old is gone before it counts.
 * Where all hold, the time-out is left alone: firmware that knows nothing of holding would open by it.
 */
function settingsOf(outlets: OutletMap & { dead_man: DeadMan }, onSilence: OnSilence): Setting[] {
  const { dead_man: deadMan, count, protected: kept } = outlets;
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  if (onSilence.outlets === 'hold') return numbers.flatMap((outlet) => outletSettings(deadMan, outlet, 'hold'));
  return [
    ...numbers.filter((outlet) => kept.includes(outlet)).flatMap((outlet) => outletSettings(deadMan, outlet, 'hold')),
    { what: 'time-out', point: deadMan.time_out_s, value: onSilence.after_s },
    ...numbers.filter((outlet) => !kept.includes(outlet)).flatMap((outlet) => outletSettings(deadMan, outlet, 'open')),
  ];
}

function outletSettings(deadMan: DeadMan, outlet: number, wanted: OnSilence['outlets']): Setting[] {
  return deadMan.outlet.flatMap(({ hold, open, ...write }) => {
    const value = { hold, open }[wanted];
    return value === undefined ? [] : [{ what: `outlet ${outlet}`, point: writeOf(write, outlet), value }];
  });
}

async function ensure(parts: WriteParts, { point, value }: Setting, signal?: AbortSignal): Promise<void> {
  if ((await readBack(parts, point, signal)) === value) return;
  const { table, address } = point;
  const otherwise = (found: number) => `${table} ${address} is ${found} after ${value} was written`;
  // Not `lower`: a cut goes first.
  await writeChecked(parts, point, { value, urgency: 'raise' }, otherwise, signal);
}
