/**
 * Where a document is played. A page speaks of 10.0.0.0/16, of a serial adapter and of folders below /etc; here all of
 * that lies on loopback, at a pseudo-terminal and in a folder of the test's own.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Place = {
  /** A shell; what is typed into it comes last. */
  readonly shell: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where a file of the page lies on this machine. */
  file(path: string): string;
  /** The page's names in a text, as they are here; and the other way round. */
  here(text: string): string;
  inDocument(text: string): string;
};

type Names = readonly (readonly [inDocument: string, here: string])[];

export function translation(names: Names): Pick<Place, 'here' | 'inDocument'> {
  return {
    here: (text) => names.reduce((so, [there, here]) => so.replaceAll(there, here), text),
    inDocument: (text) => names.reduce((so, [there, here]) => so.replaceAll(here, there), text),
  };
}

/** `10.0.` of this process: nobody else on this machine has the same. */
export const NETWORK = `127.${1 + (process.pid % 254)}.`;

/** A unit: how it is started, and what it says once it is up. */
export type Unit = { readonly line: string; readonly ready: string };

/**
 * Programs that play systemd's part in `folder`: `systemctl` starts, stops, restarts and reloads the units, and
 * `journalctl` tells what they have said.
 */
export async function playSystemd(folder: string, units: Readonly<Record<string, Unit>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  const programs = {
    systemctl: SYSTEMCTL,
    journalctl: JOURNALCTL,
    ...Object.fromEntries(
      Object.entries(units).map(([unit, { line }]) => [`${unit}.unit`, `#!/bin/sh\nexec ${line}\n`]),
    ),
  };
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o755);
  }
  for (const [unit, { ready }] of Object.entries(units)) await writeFile(join(folder, `${unit}.ready`), `${ready}\n`);
}

const SYSTEMCTL = `#!/bin/sh
here=$(dirname "$0")
for unit; do :; done
pid=$(cat "$here/$unit.pid" 2>/dev/null)
# What has ended may stay as a zombie, which has no program any more.
runs() { [ -n "$pid" ] && readlink "/proc/$pid/exe" >/dev/null; }
stop() { runs && kill "$pid" && while runs; do sleep 0.1; done; }
start() {
  "$here/$unit.unit" >"$here/$unit.log" 2>&1 &
  pid=$!
  echo "$pid" >"$here/$unit.pid"
  while runs && ! grep -q -f "$here/$unit.ready" "$here/$unit.log"; do sleep 0.1; done
  runs || { cat "$here/$unit.log"; exit 1; }
}
case "$1" in
  enable | start) runs || start ;;
  restart) stop; start ;;
  reload) kill -HUP "$pid" ;;
  stop) stop || : ;;
  *) echo "nobody plays systemctl $1" >&2; exit 1 ;;
esac
`;

const JOURNALCTL = `#!/bin/sh
cat "$(dirname "$0")/ballast.log"
`;
