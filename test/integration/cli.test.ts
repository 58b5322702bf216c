import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { readPublicKey, writeKeyPair } from '#agent/config/keys.ts';
import { serveLocal } from '#agent/platform/local-socket.ts';
import { openLog } from '#agent/platform/log.ts';
import type { Order } from '#protocol/order.ts';
import { toldBy } from '#test/support/told-rack.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { ballast, startBallast } from './support/ballast.ts';
import type { Script, ScriptedRack } from './support/scripted-rack.ts';
import { scriptedRack } from './support/scripted-rack.ts';

const samples = join(import.meta.dirname, '../../docs/sample');

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'ballast-cli-'));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

/** The sample files with the secrets they name. */
async function rackFolder(t: TestContext): Promise<string> {
  const made = await folder(t);
  await cp(samples, made, { recursive: true });
  await writeFile(join(made, 'miners.pw'), 'made up\n');
  await writeKeyPair(made, 'qse-north-2026');
  return made;
}

/** An operator's folder with qse.yaml and its key, and a rack that knows the key. */
async function operatorFolder(
  t: TestContext,
  script: Omit<Script, 'key'>,
): Promise<{ cwd: string; rack: ScriptedRack }> {
  const cwd = await folder(t);
  await writeKeyPair(join(cwd, 'keys'), 'qse-north-2026');
  const known = await readPublicKey(join(cwd, 'keys/qse-north-2026.pub'));
  assert.ok(known.kind === 'ok');
  const rack = await scriptedRack(t, { key: known.key, ...script });
  const lines = [
    `broker: {url: '${rack.url}'}`,
    'site: tx1',
    'issuer: qse-north',
    'program: ecrs',
    'key: keys/qse-north-2026.key',
  ];
  await writeFile(join(cwd, 'qse.yaml'), lines.join('\n'));
  return { cwd, rack };
}

const toR07 = ['order', '--operator', 'qse.yaml', '--to', 'rack/r07'];

test('bin/ballast in a checkout runs its sources', () => {
  const said = execFileSync(join(import.meta.dirname, '../../bin/ballast'), ['--version'], { encoding: 'utf8' });
  assert.equal(said, `${packageJson.version}\n`);
});

test('config check sums up good files and exits 0', async (t) => {
  const ran = await ballast(await rackFolder(t), 'config', 'check');
  assert.equal(ran.code, 0, ran.err);
  assert.match(
    ran.out,
    /^tx1\/r07 is fine\.\ndevices {2}2, rated 6800 W, 1 protected\nlimits {3}8000 W at most; no order goes below 500 W\nmeters {3}feed \(eastron-sdm630\)/,
  );
  assert.match(ran.out, /issuers {2}qse-north \(ecrs, price\)/);
});

test('config check prints every problem, plain and as JSON, and exits 1', async (t) => {
  const cwd = await rackFolder(t);
  await writeFile(join(cwd, 'policy.yaml'), 'limits:\n  celing_w: 1\nprotect: m01\n');
  const plain = await ballast(cwd, 'config', 'check');
  assert.deepEqual(plain, {
    code: 1,
    out: 'policy.yaml:2  limits.celing_w  unknown key; did you mean ceiling_w?\npolicy.yaml:3  protect  must be a list, found "m01"\n',
    err: 'error: 2 problems\n(mend them, and look again)\n',
  });
  const json = await ballast(cwd, 'config', 'check', '--json');
  assert.equal(json.code, 1);
  assert.equal(JSON.parse(json.out).problems[0].line, 2);
});

test('a command line that makes no sense exits 2 and names the way out', async (t) => {
  const cwd = await folder(t);
  const lines: [args: string[], err: RegExp][] = [
    [[], /Usage: ballast/],
    [['ordr'], /unknown command 'ordr'\n\(Did you mean order\?\)/],
    [['order'], /required option '--to <recipient>' not specified/],
    [
      ['order', '--to', 'all', '--ceiling', '6000'],
      /--ceiling 6000 makes no sense\n\(write 40%, or 6000W for one rack/,
    ],
    [['order', '--to', 'all', '--ceiling', '40%'], /no key is given\n\(write --key/],
    [['keys', 'new', 'Qse_North'], /cannot name a key/],
    [['config', 'check', '--cnofig', 'x'], /unknown option '--cnofig'\n\(Did you mean --config\?\)/],
  ];
  for (const [args, err] of lines) {
    const ran = await ballast(cwd, ...args);
    assert.equal(ran.code, 2, args.join(' '));
    assert.match(ran.err, err);
    assert.equal(ran.out, '');
  }
});

test('keys new writes a pair once, keeps the private half to its owner, and says what to add to the policy', async (t) => {
  const cwd = await folder(t);
  const made = await ballast(cwd, 'keys', 'new', 'qse-north-2026', '--out', 'keys');
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /- id: qse-north\n {4}keys: \[qse-north-2026\.pub\]/);
  assert.equal((await stat(join(cwd, 'keys/qse-north-2026.key'))).mode & 0o777, 0o600);
  const before = await readFile(join(cwd, 'keys/qse-north-2026.key'), 'utf8');
  const again = await ballast(cwd, 'keys', 'new', 'qse-north-2026', '--out', 'keys');
  assert.equal(again.code, 1);
  assert.match(again.err, /^error: keys\/qse-north-2026\.key is there already/);
  assert.equal(await readFile(join(cwd, 'keys/qse-north-2026.key'), 'utf8'), before);
});

test('an agent that cannot start says why in one line and exits 1', async (t) => {
  const ran = await ballast(await folder(t), 'agent');
  assert.equal(ran.code, 1);
  assert.match(ran.err, /^error: there is no config\.yaml/);
  assert.doesNotMatch(ran.err, /\n {4}at /);
});

test('status asks the agent that runs here, and says when none does', async (t) => {
  const cwd = await folder(t);
  await mkdir(join(cwd, 'run'));
  const none = await ballast(cwd, 'status', '--socket', 'run/ballast.sock');
  assert.equal(none.code, 1);
  assert.match(none.err, /no agent runs here .*\n\(start it with `ballast agent`\)/);
  const state = { v: 1, at: '2026-11-21T21:00:00Z', status: 'online', mode: 'normal', version: '0.1.0' };
  const topics = { state: { ...state, instance: 'x', boot: 1, connection: 1 } };
  const answer = toldBy(topics);
  const handlers = { status: () => ({ ...answer, more: false }) };
  const agent = serveLocal({ path: join(cwd, 'run/ballast.sock'), handlers, log: openLog('silent') });
  await agent.start();
  t.after(() => agent.stop());
  const shown = await ballast(cwd, 'status', '--socket', 'run/ballast.sock');
  assert.match(shown.out, /^rack r07 {2}normal {2}broker connected {2}version 0\.1\.0\n/);
  const json = await ballast(cwd, 'status', '--socket', 'run/ballast.sock', '--json');
  assert.deepEqual(JSON.parse(json.out), answer);
});

test('an order reaches the rack signed, is followed to the return, and exits 0', async (t) => {
  const { cwd, rack } = await operatorFolder(t, {
    onOrder: (order, { ack, event }) => {
      ack(order.id, 'order', 'accepted');
      for (const phase of ['acting', 'metered', 'ended', 'restored'] as const) event(order, phase, `it is ${phase}`);
    },
  });
  const ran = await ballast(cwd, ...toR07, '--ceiling', '6kW', '--for', '10m', '--reason', 'a test');
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /^ceiling 6000 W for rack\/r07, /);
  assert.match(ran.out, /r07 +metered +5870 W +of 6000 W +it is metered\n/);
  const [order] = rack.orders;
  assert.deepEqual(order?.intervals[0]?.target, { kind: 'ceiling', watts: 6000 });
  assert.equal(order?.signature.kid, 'qse-north-2026');
  assert.equal(order?.reason, 'a test');
});

test('a refusal is told with its code and exits 1, as JSON one object a line', async (t) => {
  const { cwd } = await operatorFolder(t, {
    onOrder: ({ id }, { ack }) =>
      ack(id, 'order', 'refused', { code: 'target_not_allowed', detail: 'shed is not allowed' }),
  });
  const ran = await ballast(cwd, ...toR07, '--shed', '60%', '--for', '10m', '--json');
  assert.equal(ran.code, 1);
  const [order, step] = ran.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(order.order.intervals[0].target, { kind: 'shed', fraction: 0.6 });
  assert.deepEqual([step.rack, step.phase, step.code], ['r07', 'refused', 'target_not_allowed']);
});

test('after Ctrl-C the order stays, and the release that is printed ends it', async (t) => {
  const after = (order: Order, { ack, event }: ScriptedRack) => {
    ack(order.id, 'order', 'accepted');
    if (order.intervals[0]?.target.kind === 'release') event(order, 'restored');
  };
  const { cwd, rack } = await operatorFolder(t, { onOrder: after });
  const running = startBallast(cwd, ...toR07, '--ceiling', '40%', '--for', '10m');
  await running.heard('accepted');
  running.child.kill('SIGINT');
  const ran = await running.ended;
  assert.equal(ran.code, 130);
  const [, release] = /\(to end it before: ballast (.*)\)/.exec(ran.err) ?? [];
  assert.ok(release, ran.err);
  const ended = await ballast(cwd, ...release.split(' '));
  assert.equal(ended.code, 0, ended.err);
  const [before, last] = rack.orders;
  assert.equal(last?.event, before?.event);
  assert.ok((last?.seq ?? 0) > (before?.seq ?? 0));
});

test('a dry run asks the racks in scope, publishes no order, and shows what would happen', async (t) => {
  const prediction = {
    level_w: 3000,
    power_w: 6950,
    expected_w: 2900,
    short_by_w: 0,
    seconds: 5,
    cuts: [{ device: 'm01', from_w: 3400, to_w: 30, seconds: 5, why: 'sleeps' }],
    raises: [],
    skipped: [],
  };
  const { cwd, rack } = await operatorFolder(t, {
    onCommand: ({ id }, { ack }) => ack(id, 'command', 'done', { prediction }),
  });
  const ran = await ballast(
    cwd,
    'order',
    '--operator',
    'qse.yaml',
    '--to',
    'all',
    '--ceiling',
    '40%',
    '--for',
    '1h',
    '--dry-run',
  );
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /^r07 {2}level 3000 W; 6950 W now, 2900 W in 5 s\n/);
  assert.match(ran.out, /1 of 1 racks: 1 device would give 3370 W in 5 s\n$/);
  assert.equal(rack.orders.length, 0);
});

test('an operator file with a typo is told with line and nearest key before anything is sent', async (t) => {
  const { cwd, rack } = await operatorFolder(t, {});
  await writeFile(join(cwd, 'qse.yaml'), 'site: tx1\nisuer: qse-north\n');
  const ran = await ballast(cwd, ...toR07, '--ceiling', '40%', '--for', '10m');
  assert.equal(ran.code, 1);
  assert.match(ran.err, /qse\.yaml:2 {2}isuer {2}unknown key; did you mean issuer\?/);
  assert.equal(rack.orders.length, 0);
});
