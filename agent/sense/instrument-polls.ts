/** Reads an instrument, each class of its points at its own pace, so that slow points do not delay fast ones. */
import type { Instrument, Reading } from '#adapters/modbus/instrument.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { Millis } from '#protocol/units.ts';
import { Poller } from './poller.ts';

export type Watched = { readonly id: string; readonly periodMs: Millis; readonly instrument: Instrument };

/** Between two reads of a class at least, where it is not the first that the instrument has. */
const pace: Record<Instrument['classes'][number], Millis> = { fast: 0, normal: 2000, slow: 10_000, once: 600_000 };
/** What was read so many periods ago is not said any more. */
const FORGOTTEN_AFTER = 3;

/**
 * A poller for each class that the instrument has. The first, named as the instrument, keeps its period and tells
 * `heard` all that is known then; what the others read they leave to it.
 */
export function pollersOf(
  { id, periodMs, instrument }: Watched,
  clock: Clock,
  heard: (reading: Reading) => void,
  failed: (error: unknown) => void,
): Poller[] {
  const known = new Map<string, { points: Reading['points']; until: Millis }>();
  const tell = () => {
    const fresh = [...known.values()].filter(({ until }) => until >= clock.monotonic());
    heard({ points: Object.assign({}, ...fresh.map(({ points }) => points)) });
  };
  return instrument.classes.map((pollClass, place) => {
    const isFirst = place === 0;
    const classPeriodMs = isFirst ? periodMs : Math.max(periodMs, pace[pollClass]);
    return new Poller({
      name: isFirst ? id : `${id} ${pollClass}`,
      periodMs: classPeriodMs,
      clock,
      read: async (signal) => {
        const { points } = await instrument.read([pollClass], signal);
        known.set(pollClass, { points, until: clock.monotonic() + FORGOTTEN_AFTER * classPeriodMs });
        if (isFirst) tell();
      },
      failed: isFirst ? failed : () => {},
    });
  });
}
