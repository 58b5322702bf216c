/** A client reads units of ours through the damaging relay, over a pseudo-terminal. */
import { duplexPair } from 'node:stream';
import { systemClock } from '#agent/platform/clock.ts';
import type { Millis } from '#protocol/units.ts';
import type { Asked, Tally } from '#test/support/damaged-reads.ts';
import { anyRead, isRight, onePercentEach } from '#test/support/damaged-reads.ts';
import { damagingRelay, seededRandom } from '#test/support/damaging-relay.ts';
import { openPty } from '#test/support/pty.ts';
import { ownAddresses, rtuRequestsIn } from '#test/support/rtu-peer.ts';

type Client = {
  /** Rejects when there is no answer. */
  read(asked: Asked): Promise<readonly number[]>;
  close(): Promise<void>;
};

/** Opens a client on the serial port at `path`. */
export type OpenClient = (path: string, baud: number, timeoutMs: Millis) => Promise<Client>;

const BAUD = 115_200;
const TIMEOUT_MS: Millis = 200;
/** Past the time-out. What is later than twice that is no client's fault, and a busy machine adds to it. */
const DELAY_MS = [TIMEOUT_MS, 1.5 * TIMEOUT_MS] as const;

export async function overTerminal(reads: number, seed: number, open: OpenClient): Promise<Tally> {
  const random = seededRandom(seed);
  const terminal = openPty();
  const [line, units] = duplexPair();
  units.on('data', (bytes: Buffer) => {
    for (const asked of rtuRequestsIn(bytes)) units.write(ownAddresses(asked));
  });
  damagingRelay(terminal.master, line, { clock: systemClock, damage: onePercentEach(DELAY_MS, random) });
  const client = await open(terminal.path, BAUD, TIMEOUT_MS);
  const tally: Tally = { right: 0, wrong: 0, lost: 0, calledOff: 0 };
  try {
    for (let read = 0; read < reads; read++) {
      const asked = anyRead(random);
      const outcome = await client.read(asked).then(
        (values) => (isRight(asked, values) ? 'right' : 'wrong'),
        () => 'lost' as const,
      );
      tally[outcome] += 1;
    }
  } finally {
    await client.close();
    await terminal.unplug();
  }
  return tally;
}
