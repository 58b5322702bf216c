/** A technician on a bare Debian: does what docs/install.md says, word by word, with a simulated rack on its wires. */
import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ADAPTER, HURRY, openDesk } from '#test/docs/desk.ts';
import type { Place } from '#test/docs/place.ts';
import { NETWORK, playSystemd, translation } from '#test/docs/place.ts';
import type { Played } from '#test/docs/play.ts';
import { play } from '#test/docs/play.ts';
import { openDocumentedRack } from '#test/docs/site.ts';

const run = promisify(execFile);
const docs = resolve(import.meta.dirname, '../../docs');
/** Of Debian, on every machine. */
const DIALOUT = 20;
const SYSTEMD = '/opt/systemd';

/**
 * @param root of the bare Debian, with /proc and /dev/pts.
 * @param folder for the broker's side.
 */
export async function installByThePage(root: string, folder: string, deb: string): Promise<Installed> {
  const desk = await openDesk(folder);
  const site = await openDocumentedRack();
  const place = await openRoot(root, site.port);
  const page = await readFile(join(docs, 'install.md'), 'utf8');
  const [observing = '', obeying = ''] = page.split(/^(?=## 7\. )/m);
  try {
    await play('brokers.md', await readFile(join(docs, 'brokers.md'), 'utf8'), desk);
    await handOver(folder, root, deb);
    return {
      observing: await play('install.md', observing, place),
      obeying: await play('install.md, from step 7,', obeying, place),
    };
  } finally {
    await run('chroot', [root, `${SYSTEMD}/systemctl`, 'stop', 'ballast']);
    await run(join(folder, 'programs/systemctl'), ['stop', 'mosquitto']);
    await site.stop();
  }
}

export type Installed = { readonly observing: Played; readonly obeying: Played };

/** What the page says that one has at hand. */
async function handOver(folder: string, root: string, deb: string): Promise<void> {
  const home = join(root, 'srv');
  await copyFile(deb, join(home, 'ballast_amd64.deb'));
  for (const file of ['ca.pem', 'r07.pem', 'r07.key']) {
    await copyFile(join(folder, 'etc/mosquitto/ballast', file), join(home, file));
  }
  await writeFile(join(home, 'broker.pw'), 'a long one\n');
  await run(join(folder, 'programs/ballast'), ['keys', 'new', 'qse-north-2026', '--out', home]);
}

async function openRoot(root: string, port: string): Promise<Place> {
  await chown(port, 0, DIALOUT);
  await chmod(port, 0o660);
  await playSystemd(join(root, SYSTEMD), {
    ballast: {
      line: `sh -c 'install -d -o ballast -g ballast -m 750 /run/ballast
exec setpriv --reuid ballast --regid ballast --init-groups ballast agent'`,
      ready: 'the agent runs',
    },
  });
  return {
    ...translation([['10.0.', NETWORK], [ADAPTER, port], ...HURRY]),
    shell: ['chroot', root, 'env', '-C', '/srv', 'sh', '-euc'],
    environment: { PATH: `${SYSTEMD}:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: '/root', DEBIAN_FRONTEND: 'noninteractive' },
    file: (path) => join(root, path),
  };
}
