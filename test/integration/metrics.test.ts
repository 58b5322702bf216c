/** The rack for Prometheus: a real scrape, and whether all that the dashboard and the alerts ask for is in it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { openMetrics } from '#agent/metrics.ts';
import { openLog } from '#agent/platform/log.ts';
import type { Raised } from '#agent/report/alarms.ts';
import { readScrape, selectors } from '#test/support/prometheus.ts';
import { RACK, SITE, World } from '#test/support/world.ts';
import { startAgent } from './support/agent-process.ts';
import { ballast } from './support/ballast.ts';
import { needs } from './support/needs.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const rulesFile = join(root, 'docs/prometheus/ballast.rules.yml');
const promtool = needs('prometheus', 'promtool');

/** A rack in mid-event, scraped over HTTP. */
async function scraped(t: TestContext): Promise<string> {
  const world = await new World({ pdu: true }).start();
  await world.issue({ kind: 'ceiling', fraction: 0.4 });
  await world.clock.advance(30_000);
  const lines: string[] = [];
  const log = openLog('info', { write: (line: string) => void lines.push(line) });
  const { agent, clock } = world;
  const metrics = openMetrics({ site: SITE, rack: RACK, metrics: { port: 0 } }, agent, {
    clock,
    log,
    alarms: new Map(),
  });
  await metrics.start();
  t.after(() => metrics.stop());
  const { url } = JSON.parse(lines[0] ?? '{}') as { url: string };
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  assert.equal((await fetch(new URL('/', url))).status, 404);
  assert.equal((await fetch(url, { method: 'POST' })).status, 405);
  return text;
}

type Dashboard = {
  panels: { title: string; targets?: { expr: string }[] }[];
  templating: { list: { query?: unknown }[] };
};

async function expressions(): Promise<string[]> {
  const { groups } = parse(await readFile(rulesFile, 'utf8')) as { groups: { rules: { expr: string }[] }[] };
  const dashboard = JSON.parse(await readFile(join(root, 'docs/grafana/ballast.json'), 'utf8')) as Dashboard;
  const drawn = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  assert.ok(drawn.length > 20);
  return [...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)), ...drawn];
}

test('every expression of the dashboard and the alerts names metrics, and labels of them, that a rack in mid-event has', async (t) => {
  const { families, samples } = readScrape(await scraped(t));
  for (const expression of await expressions()) {
    const asked = selectors(expression);
    assert.ok(asked.length > 0, expression);
    for (const { name, labels } of asked) {
      // Prometheus' own word on whether a scrape came about.
      if (name === 'up') continue;
      assert.ok(families.has(name), `${name} in ${expression}`);
      const has = samples.get(name)?.[0]?.labels;
      for (const label of has ? labels : []) assert.ok(has && label in has, `${label} of ${name} in ${expression}`);
    }
  }
  const value = (name: string, with_: Record<string, string> = {}) =>
    samples.get(name)?.find(({ labels }) => Object.entries(with_).every(([key, said]) => labels[key] === said))?.value;
  assert.equal(value('ballast_line_watts', { site: SITE, rack: RACK }), 4800);
  assert.equal(value('ballast_mode', { mode: 'curtailed' }), 1);
  assert.equal(value('ballast_devices', { state: 'asleep' }), 2);
  assert.equal(value('ballast_order_steps_total', { phase: 'metered' }), 1);
  assert.equal(value('ballast_order_level_watts', { issuer: 'qse-north', program: 'ecrs' }), 4800);
  assert.equal(value('ballast_broker_connected'), 1);
});

test('what is scraped is as Prometheus wants it, and every alert comes when it must', promtool, async (t) => {
  const text = await scraped(t);
  const folder = await mkdtemp(join(tmpdir(), 'ballast-metrics-'));
  t.after(() => rm(folder, { recursive: true }));
  const checked = promisify(execFile)('promtool', ['check', 'metrics']);
  checked.child.stdin?.end(text);
  assert.equal((await checked).stderr, '');
  await run('promtool', ['check', 'rules', rulesFile]);
  await run('promtool', ['test', 'rules', join(root, 'test/prometheus/ballast.rules.test.yml')]);

  // Grafana fills its variables in before Prometheus sees the expression.
  const filled = (await expressions()).map((each) =>
    each.replaceAll(/\$(site|rack)/g, '.*').replaceAll('$__rate_interval', '5m'),
  );
  const rules = filled.map((expr, i) => ({ record: `drawn:${i}`, expr }));
  const file = join(folder, 'drawn.yml');
  await writeFile(file, JSON.stringify({ groups: [{ name: 'drawn', rules }] }));
  await run('promtool', ['check', 'rules', file]).catch(({ stdout, stderr }) => assert.fail(stdout + stderr));
});

test('no alert is without its own test', async () => {
  const { groups } = parse(await readFile(rulesFile, 'utf8')) as { groups: { rules: { alert: string }[] }[] };
  const tested = await readFile(join(root, 'test/prometheus/ballast.rules.test.yml'), 'utf8');
  for (const { alert } of groups.flatMap(({ rules }) => rules)) {
    assert.match(tested, new RegExp(`alertname: ${alert}\\n\\s+exp_alerts`), alert);
  }
});

test('a port that is taken is an alarm, and no more than that', async (t) => {
  const world = await new World().start();
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  const alarms = new Map<string, Raised>();
  const { agent, clock } = world;
  const metrics = openMetrics({ site: SITE, rack: RACK, metrics: { port } }, agent, {
    clock,
    log: openLog('silent'),
    alarms,
  });
  await metrics.start();
  assert.match(alarms.get('metrics')?.message ?? '', /port \d+ cannot be opened, it is taken; name another port/);
  await metrics.stop();
  await world.stop();
});

test('the agent serves them where its config says so, and on the loopback alone', async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'ballast-metrics-'));
  t.after(() => rm(cwd, { recursive: true }));
  await ballast(cwd, 'init', '--site', 'tx1', '--rack', 'r07', '--broker', 'mqtt://127.0.0.1:9');
  await appendFile(join(cwd, 'config.yaml'), 'metrics: {port: 0}\n');
  const agent = startAgent({ config: join(cwd, 'config.yaml'), policy: join(cwd, 'policy.yaml') });
  t.after(() => agent.kill());
  const line = await Promise.race([agent.log.first((each) => each.includes('metrics are served')), agent.died]);
  const { url } = JSON.parse(line) as { url: string };
  assert.match(url, /^http:\/\/127\.0\.0\.1:/);
  const { samples } = readScrape(await (await fetch(url)).text());
  const [connected] = samples.get('ballast_broker_connected') ?? [];
  assert.deepEqual(connected?.labels, { site: 'tx1', rack: 'r07', broker: 'mqtt://127.0.0.1:9' });
  assert.equal(connected?.value, 0);
});
