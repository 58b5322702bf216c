/** The command line against a running agent, as its operator and its technician use it. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '#test/demo/broker.ts';
import { ballast, startBallast } from './support/ballast.ts';
import type { Site } from './support/site.ts';
import { openSite } from './support/site.ts';

const patience = { timeout: 60_000 };

test('ballast order follows an event to its end and exits 0', patience, async (t) => {
  const site = await siteFor(t);
  await site.startReady();
  const running = startBallast(site.files.folder, ...toTheRack, '--ceiling', '40%', '--for', '10m');
  await running.heard('holding');
  assert.deepEqual(site.asleep(), ['m03', 'm04']);
  const release = await ballast(site.files.folder, ...toTheRack, '--release');
  assert.equal(release.code, 0, release.err);
  assert.match(release.out, /restored/);
  assert.match(release.err, /every rack that answered met its level and is back/);
  assert.deepEqual(site.asleep(), []);

  const { code, out } = await running.ended;
  assert.equal(code, 0);
  const told = out.split('\n').flatMap((line) => /^\S+Z r01 +(\w+)/.exec(line)?.[1] ?? []);
  assert.deepEqual(told.slice(0, 7), [
    'received',
    'accepted',
    'acting',
    'acknowledged',
    'confirmed',
    'metered',
    'holding',
  ]);
});

test('ballast order exits 1 with the code when the rack refuses', patience, async (t) => {
  const site = await siteFor(t);
  await site.startReady();
  const { code, out } = await ballast(site.files.folder, ...toTheRack, '--floor', '50%', '--for', '10m');
  assert.equal(code, 1);
  assert.match(out.replaceAll(/\s+/g, ' '), /refused \d+ W target_not_allowed: grid-operator may use .*, not floor/);
  assert.deepEqual(site.writes(), [[], [], [], []]);
});

test(
  'ballast order --dry-run tells the cuts that the order then makes, and publishes no order',
  patience,
  async (t) => {
    const site = await siteFor(t);
    await site.startReady();
    const ceiling = [...toTheRack, '--ceiling', '40%', '--for', '10m'];
    const { code, out, err } = await ballast(site.files.folder, ...ceiling, '--dry-run', '--json');
    assert.equal(code, 0, err);
    const [answer] = jsonLines(out) as { rack: string; answer: { prediction: { cuts: { device: string }[] } } }[];
    assert.deepEqual(
      answer?.answer.prediction.cuts.map(({ device }) => device),
      ['m02', 'm03', 'm04'],
    );
    assert.deepEqual(site.writes(), [[], [], [], []]);
    assert.deepEqual(site.watcher.all('orderRack'), []);

    const running = startBallast(site.files.folder, ...ceiling);
    await running.heard('confirmed');
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    const cut = site.rack.miners.filter((miner) => miner.writes.length > 0).map(({ spec }) => spec.id);
    assert.deepEqual(cut, ['m02', 'm03', 'm04']);
  },
);

test('ballast status --json prints what the agent has retained on the broker', patience, async (t) => {
  const site = await siteFor(t);
  await site.startReady();
  const { code, out, err } = await ballast(site.files.folder, 'status', '--json');
  assert.equal(code, 0, err);
  const { topics } = JSON.parse(out) as {
    topics: Record<string, { device: string; home: string; public_key: string }>;
  };
  assert.deepEqual(
    Object.keys(topics)
      .filter((tail) => tail.startsWith('device/'))
      .sort(),
    devices,
  );
  assert.equal(topics['device/m01']?.home, 'awake');
  assert.equal(topics['info']?.public_key, site.watcher.all('info').at(-1)?.public_key);
});

test('ballast lockout says which devices are still awake, since it puts none to sleep', patience, async (t) => {
  const site = await siteFor(t);
  await site.startReady();
  const { folder } = site.files;
  const awake = await ballast(folder, 'lockout', 'm01');
  assert.deepEqual([awake.code, awake.out], [0, 'locked out: m01\n']);
  assert.match(awake.err, /^not asleep: m01; /);
});

test('ballast record keeps an event, and ballast replay decides it anew', patience, async (t) => {
  const site = await siteFor(t);
  const agent = await site.startReady();
  const { folder } = site.files;
  assert.equal((await ballast(folder, 'record')).out, 'not recording; nothing is kept yet: switch it on with --on\n');
  await ballast(folder, 'record', '--on');
  await site.watcher.phase(await site.issuer.order({ kind: 'ceiling', fraction: 0.4 }), 'metered');
  assert.match((await ballast(folder, 'record')).out, /^recording; 1 file, \d+ kB in .*recordings\n/);
  assert.equal(await agent.stop(), 0);

  const same = await ballast(folder, 'replay', 'state/recordings');
  assert.equal(same.code, 0, same.out + same.err);
  assert.match(same.out, /decisions on \d+ observations: the same plan/);
  const policy = await readFile(site.files.policy, 'utf8');
  await writeFile(join(folder, 'other.yaml'), `${policy}protect: [m04]\n`);
  const other = await ballast(folder, 'replay', 'state/recordings', '--policy', 'other.yaml');
  assert.equal(other.code, 1);
  assert.match(other.out, /m04: asleep, now awake/);
});

test('ballast status says so when no agent runs, also after one was killed', patience, async (t) => {
  const site = await siteFor(t);
  const never = await ballast(site.files.folder, 'status');
  const agent = await site.startReady();
  await agent.kill();
  const killed = await ballast(site.files.folder, 'status');
  for (const { code, err } of [never, killed]) {
    assert.equal(code, 1);
    assert.match(
      err,
      /^error: no agent runs here \(nobody answers on .*ballast\.sock\)\n\(start it with `ballast agent`\)\n$/,
    );
  }
});

test('a second agent on the same socket says that one runs already and leaves it alone', patience, async (t) => {
  const site = await siteFor(t);
  const first = await site.startReady();
  const second = await ballast(site.files.folder, 'agent');
  assert.equal(second.code, 1);
  assert.match(
    second.err,
    /^error: an agent already runs on .*ballast\.sock\n\(end that one first: systemctl stop ballast\)\n$/,
  );

  const states = new Set(site.watcher.all('state').map(({ instance }) => instance));
  assert.equal(states.size, 1);
  const order = await site.issuer.order({ kind: 'ceiling', fraction: 0.4 });
  await site.watcher.phase(order, 'metered');
  assert.equal(await first.stop(), 0);
});

test(
  'an agent that cannot go on with its start ends with the reason, and holds nothing any more',
  patience,
  async (t) => {
    const site = await siteFor(t);
    const rackKey = join(site.files.folder, 'state/rack.key');
    await mkdir(dirname(rackKey));
    await writeFile(rackKey, 'torn');
    const { code, err } = await ballast(site.files.folder, 'agent');
    assert.equal(code, 1);
    assert.match(err, /^error: .*rack\.key holds no Ed25519 key/);
    await rm(rackKey);
    await site.startReady();
  },
);

const toTheRack = ['order', '--operator', 'operator.yaml', '--to', 'rack/r01'];
const devices = ['device/m01', 'device/m02', 'device/m03', 'device/m04'];

async function siteFor(t: Parameters<typeof openSite>[0]): Promise<Site> {
  const broker = await startBroker({ mqtt: 0, web: 0 });
  t.after(() => broker.stop());
  return openSite(t, { url: broker.url, protocolVersion: 4 });
}

function jsonLines(text: string): unknown[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}
