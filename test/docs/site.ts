/** The site that the documents speak of: the simulated rack r07 at its addresses, on a serial adapter and on a broker. */
import { systemClock } from '#agent/platform/clock.ts';
import { luxosDemoTiming } from '#test/simulator/luxos-spec.ts';
import type { SimulatedRack } from '#test/simulator/rack.ts';
import { createRack } from '#test/simulator/rack.ts';
import { demoTiming } from '#test/simulator/whatsminer-spec.ts';
import { openPty } from '#test/support/pty.ts';
import { serveAtOwnAddresses } from './hosts.ts';

export type DocumentedRack = {
  readonly rack: SimulatedRack;
  /** Where its serial adapter is here. */
  readonly port: string;
  stop(): Promise<void>;
};

/** What install.md writes into a file. */
export const WHATSMINER_PASSWORD = 'the password of the WhatsMiners';

const LINE = 'rtu1';

export async function openDocumentedRack(): Promise<DocumentedRack> {
  const rack = createRack({
    clock: systemClock,
    miners: [
      { id: 'm011', ratedW: 3400, ratedThs: 126, password: WHATSMINER_PASSWORD, timing: demoTiming },
      { id: 'm012', kind: 'luxos', ratedW: 2800, ratedThs: 120, timing: luxosDemoTiming },
    ],
    meter: { line: LINE },
    sensors: [{ id: 'inlet', line: LINE, unit: 10, riseKPerKw: 0 }],
    pdus: [{ id: 'pdu-a', outlets: { 1: 'm011', 2: 'm012' } }],
    otherLoadsW: 150,
  });
  const closeDoors = await serveAtOwnAddresses(rack);
  const { path, master, unplug } = openPty();
  rack.attachSerial(LINE, master);
  return {
    rack,
    port: path,
    stop: async () => {
      await Promise.all([unplug(), closeDoors()]);
      await rack.stop();
    },
  };
}
