/** The Debian package as a technician meets it: on a bare Debian root, and on another kind of machine. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Ballast } from '#test/integration/support/agent-process.ts';
import { startMosquitto } from '#test/integration/support/mosquitto.ts';
import { needs } from '#test/integration/support/needs.ts';
import type { Site } from '#test/integration/support/site.ts';
import { openSite } from '#test/integration/support/site.ts';
import { installByThePage } from './technician.ts';

const run = promisify(execFile);
const checkout = resolve(import.meta.dirname, '../..');
const options = {
  ...needs(
    'debootstrap lintian qemu-user-static mosquitto',
    'debootstrap',
    'lintian',
    'qemu-aarch64-static',
    'mosquitto',
  ),
  timeout: 600_000,
};

// Two at a time, the longest first: most of it is waiting, for miners to warm up and for another processor to be played.
describe('the Debian package', { ...options, concurrency: 2 }, () => {
  let folder = '';
  let file = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ballast-package-'));
    file = await build('amd64', 'first');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const build = async (architecture: string, into: string): Promise<string> => {
    const { stdout } = await run(process.execPath, ['packaging/deb.ts', architecture, join(folder, into)], {
      cwd: checkout,
    });
    return stdout.trim().split('\n').at(-1) ?? '';
  };

  // One root, which each leaves as it was.
  describe('on a bare Debian', { ...options, concurrency: 1 }, () => {
    let root = '';
    const inside = (...command: string[]) => run('chroot', [root, ...command], { env: { PATH: '/usr/sbin:/usr/bin' } });
    before(async () => {
      root = join(folder, 'root');
      await run('debootstrap', ['--variant=minbase', 'bookworm', root], { maxBuffer: 1 << 24 });
      // Where every machine has them.
      await run('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
      await run('mount', ['--bind', '/dev/pts', join(root, 'dev/pts')]);
    });
    after(() => run('umount', [join(root, 'proc'), join(root, 'dev/pts')]));

    test(
      'needs no more than the page: from the .deb to a rack that observes, and one that obeys',
      options,
      async (t) => {
        const desk = join(folder, 'desk');
        await mkdir(desk);
        await chmod(folder, 0o755);
        const { observing, obeying } = await installByThePage(root, desk, file);
        t.diagnostic(
          `to a rack that observes: ${JSON.stringify(observing)}; then to one that obeys: ${JSON.stringify(obeying)}`,
        );
        assert.ok(
          observing.commands <= 12 && observing.questions <= 3 && observing.files <= 2,
          JSON.stringify(observing),
        );
        assert.ok(obeying.commands <= 4 && obeying.questions === 0 && obeying.files <= 1, JSON.stringify(obeying));
        await inside('dpkg', '--purge', 'ballast');
      },
    );

    test(
      'serves a bare Debian: it obeys, holds its outputs through an upgrade in mid-event, and leaves nothing',
      options,
      async (t) => {
        const there = () => globSync('{etc,lib,usr,var/lib/ballast}/**', { cwd: root }).sort();
        const bare = new Set(there());
        const install = async () => {
          await run('cp', [file, join(root, 'tmp/ballast.deb')]);
          await inside('dpkg', '--install', '/tmp/ballast.deb');
        };
        await install();
        assert.match((await inside('ballast', '--version')).stdout, /^\d+\.\d+\.\d+/);
        const ill = await inside('ballast', 'doctor').catch((error: { stdout: string }) => error);
        assert.match(ill.stdout, /there is no \/etc\/ballast\/config.yaml/);
        assert.match((await inside('id', 'ballast')).stdout, /dialout/);

        const ballast: Ballast = {
          command: ['chroot', root, 'ballast'],
          seen: (path) => `/${relative(root, path)}`,
        };
        const site = await siteOf(t, ballast, join(root, 'tmp'));
        const { watcher, issuer } = site;
        const agent = await site.startReady();
        const order = await issuer.order({ kind: 'ceiling', fraction: 0.4 });
        await watcher.phase(order, 'holding');
        const writes = site.writes();
        const asleep = site.asleep();
        assert.deepEqual(asleep, ['m03', 'm04']);

        await agent.stop();
        await install();
        const restored = site.startReady();
        await restored;
        assert.deepEqual(site.asleep(), asleep);
        assert.deepEqual(site.writes(), writes, 'no miner was told anything');
        const release = await issuer.order({ kind: 'release' });
        await watcher.phase(release, 'restored');
        assert.deepEqual(site.asleep(), []);
        await (await restored).stop();

        await inside('dpkg', '--remove', 'ballast');
        const left = there().filter((path) => !bare.has(path) && path.includes('ballast'));
        assert.deepEqual(
          left.filter((path) => !/^etc\/ballast|^var\/lib\/(ballast|dpkg|systemd)/.test(path)),
          [],
          'only conffiles and state stay',
        );
        await inside('dpkg', '--purge', 'ballast');
        assert.deepEqual(
          there().filter((path) => /ballast/.test(path) && !/dpkg/.test(path)),
          [],
        );
      },
    );
  });

  test('comes out the same, byte for byte, from two builds', options, async () => {
    assert.equal(await digest(await build('amd64', 'second')), await digest(file));
  });

  test('has nothing that lintian would complain of', options, async () => {
    const { stdout } = await run('lintian', ['--allow-root', '--fail-on', 'error,warning', file]);
    assert.equal(stdout, '');
  });

  test('has a unit that systemd takes without a word and calls well contained', options, async () => {
    const root = join(folder, 'unit');
    await run('dpkg-deb', ['-x', file, root]);
    const unit = join(root, 'lib/systemd/system/ballast.service');
    await run('systemd-analyze', ['security', '--offline=yes', '--no-pager', '--threshold=20', unit]);
    // With the drop-in for racks with GPUs: an administrator's rights, and other people's processes.
    const dropIn = join(root, 'lib/systemd/system/ballast.service.d');
    await mkdir(dropIn);
    await run('cp', [join(root, 'usr/share/doc/ballast/examples/gpu.conf'), dropIn]);
    await run('systemd-analyze', ['security', '--offline=yes', '--no-pager', '--threshold=30', unit]);
    // Its program and its manual are not installed on this machine.
    const text = (await readFile(unit, 'utf8'))
      .replace('/usr/bin/ballast agent', '/bin/true')
      .replace('man:ballast(1)', '');
    await writeFile(unit, text);
    const { stdout, stderr } = await run('systemd-analyze', ['verify', unit]);
    assert.equal(stdout + stderr, '');
  });

  test('for arm64, made on this machine, obeys an order on that processor', options, async (t) => {
    const root = join(folder, 'arm64');
    await run('dpkg-deb', ['-x', await build('arm64', 'arm64'), root]);
    const home = join(root, 'usr/lib/ballast');
    const emulated = ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'] as const;
    const ballast: Ballast = {
      command: [...emulated, join(home, 'node'), join(home, 'agent/bundle/ballast.js')],
      seen: (path) => path,
    };
    const files = join(folder, 'arm64-site');
    await mkdir(files);
    const site = await siteOf(t, ballast, files);
    await site.startReady();
    await site.watcher.phase(await site.issuer.order({ kind: 'ceiling', fraction: 0.4 }), 'metered');
    assert.deepEqual(site.asleep(), ['m03', 'm04']);
    await site.watcher.phase(await site.issuer.order({ kind: 'release' }), 'restored');
  });
});

async function siteOf(t: TestContext, ballast: Ballast, folder: string): Promise<Site> {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  return await openSite(t, { url: broker.url, installed: { ballast, folder } });
}

async function digest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
