/** Reads each PDU: the watts at its inlet, and of each outlet whether it is on and what it feeds. */
import type { Instrument, Reading } from '#adapters/modbus/instrument.ts';
import type { OutletReading as OutletPoints, Outlets } from '#adapters/modbus/outlets.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { Observation, OutletReading, PduReading } from '#agent/state/observation.ts';
import { troubleOf } from '#agent/state/trouble.ts';
import type { Millis } from '#protocol/units.ts';
import { defined, leadingValueIn, valueIn } from './points.ts';
import { Poller } from './poller.ts';

const watched = ['fast', 'normal'] as const;

export function watchPdu(
  pdu: { id: string; periodMs: Millis; instrument: Instrument; outlets: Pick<Outlets, 'read' | 'arm'> },
  clock: Clock,
  observe: (observation: Observation) => void,
): Poller {
  const { id, periodMs, instrument, outlets } = pdu;
  return new Poller({
    name: id,
    periodMs,
    clock,
    read: async (signal) => {
      const inlet = await instrument.read(watched, signal);
      const reading = pduReading(inlet, await outlets.read(watched, signal));
      observe({
        kind: 'pdu',
        pdu: id,
        reading: { ...reading, ...defined({ unarmed: await whyUnarmed(outlets, signal) }) },
      });
    },
    failed: (error) => {
      const trouble = troubleOf(error);
      if (trouble) observe({ kind: 'pduTrouble', pdu: id, trouble });
    },
  });
}

/** What it reads is no less true without a dead-man, so that is told beside it. Rejects with what says nothing of it. */
async function whyUnarmed(outlets: Pick<Outlets, 'arm'>, signal: AbortSignal): Promise<string | undefined> {
  try {
    await outlets.arm(signal);
    return undefined;
  } catch (error) {
    const trouble = troubleOf(error);
    if (!trouble) throw error;
    return trouble.message;
  }
}

/** @throws what went wrong with the watts at the inlet, or with every outlet of a model that measures no inlet. */
export function pduReading(inlet: Reading, outlets: readonly OutletPoints[]): PduReading {
  const isMute = inlet.points.power_w === undefined && outlets.every(({ points }) => points.on?.kind === 'failed');
  if (isMute) for (const { points } of outlets) leadingValueIn(points, 'on');
  return { ...defined({ powerW: leadingValueIn(inlet.points, 'power_w') }), outlets: outlets.map(outletReading) };
}

function outletReading({ outlet, points }: OutletPoints): OutletReading {
  const on = valueIn(points, 'on');
  return { outlet, ...defined({ on: on === undefined ? undefined : on === 1, powerW: valueIn(points, 'power_w') }) };
}
