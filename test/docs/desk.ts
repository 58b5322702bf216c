/** A place to play documents without installing anything: this machine, with a folder for all that a page writes. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cli } from '#test/integration/support/cli.ts';
import type { Place } from './place.ts';
import { NETWORK, playSystemd, translation } from './place.ts';

/** What a page takes to be so, and is not where tests run. */
export const HURRY = [
  // Nobody waits a quarter of an hour.
  ['restore_window_s: 900', 'restore_window_s: 2'],
  // In a container the kernel vouches for no clock.
  ['set: the kernel vouches for it', 'trusted: the policy says that this machine keeps good time'],
  ['clock: kernel', 'clock: trusted'],
] as const;

/** mosquitto listens for WebSockets on every address of the machine, whichever it is told. */
export const WEB_PORT = 20_000 + (process.pid % 10_000);

export const ADAPTER = '/dev/serial/by-id/usb-FTDI_A10K2X7B-if00-port0';

/** @param port where the serial adapter is here. */
export async function openDesk(folder: string, port = ADAPTER): Promise<Place> {
  const inside = (path: string) => join(folder, path);
  const programs = inside('programs');
  const folders = ['/etc/mosquitto', '/etc/ballast', '/var/lib/ballast', '/run/ballast', '/srv'];
  for (const path of [...folders, '/etc/mosquitto/conf.d']) await mkdir(inside(path), { recursive: true });
  // What Debian's own says, but for its disk and its log.
  const conf = inside('/etc/mosquitto/mosquitto.conf');
  await writeFile(conf, `log_dest stderr\ninclude_dir ${inside('/etc/mosquitto/conf.d')}\n`);
  await playSystemd(programs, {
    mosquitto: { line: `mosquitto -c ${conf}`, ready: 'mosquitto version .* running' },
    ballast: { line: 'ballast agent', ready: 'the agent runs' },
  });
  await writeFile(join(programs, 'ballast'), `#!/bin/sh\nexec ${process.execPath} ${cli} "$@"\n`);
  await chmod(join(programs, 'ballast'), 0o755);
  const names = translation([
    ['10.0.', NETWORK],
    ['8084', String(WEB_PORT)],
    [ADAPTER, port],
    ...folders.map((path) => [path, inside(path)] as const),
    ...HURRY,
  ]);
  return {
    ...names,
    shell: ['/bin/sh', '-euc'],
    cwd: inside('/srv'),
    environment: {
      PATH: `${programs}:/usr/local/sbin:/usr/sbin:/usr/bin:/bin`,
      BALLAST_CONFIG: inside('/etc/ballast/config.yaml'),
      NO_COLOR: '1',
    },
    file: names.here,
  };
}
