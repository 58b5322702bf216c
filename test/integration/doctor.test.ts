import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { holderOf } from '#adapters/transport/flock-holder.ts';
import { openPty } from '#test/support/pty.ts';
import type { Ran } from './support/ballast.ts';
import { ballast } from './support/ballast.ts';
import { until } from './support/job-socket.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { needs } from './support/needs.ts';

const options = needs('mosquitto', 'mosquitto');

/** A folder that `init` has made for a rack of the broker at `url`. */
async function rackOf(t: TestContext, url: string): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), 'ballast-doctor-'));
  t.after(() => rm(cwd, { recursive: true }));
  await ballast(cwd, 'init', '--site', 'tx1', '--rack', 'r07', '--broker', url);
  await appendFile(join(cwd, 'policy.yaml'), 'clock: trusted\n');
  return cwd;
}

async function withPort(cwd: string, port: string): Promise<void> {
  const file = join(cwd, 'config.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('buses: []', `buses: [{id: rtu1, kind: rtu, port: ${port}, baud: 9600}]`));
}

const lines = ({ out }: Ran) => out.split('\n');

test('a rack whose broker lets it in has nothing to mend', options, async (t) => {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  const ran = await ballast(await rackOf(t, broker.url), 'doctor');
  assert.equal(ran.code, 0, ran.out);
  assert.ok(lines(ran).includes(`ok    broker ${broker.url}: MQTT 5; the rack may subscribe and publish`), ran.out);
  assert.match(ran.out, /^warn {2}agent: it does not run\n {6}-> systemctl start ballast/m);
});

test('a broker that is not there is named with what to look at, and the exit code is 1', options, async (t) => {
  const ran = await ballast(await rackOf(t, 'mqtt://127.0.0.1:9'), 'doctor');
  assert.equal(ran.code, 1);
  assert.match(ran.out, /^fail {2}broker mqtt:\/\/127\.0\.0\.1:9: refused the connection\n {6}-> look at urls, ca/m);
  assert.match(ran.err, /error: 1 thing needs mending/);
});

test('a broker that takes what the rack publishes and throws it away is found out', options, async (t) => {
  const rules = await mkdtemp(join(tmpdir(), 'ballast-acl-'));
  await writeFile(join(rules, 'acl'), 'topic read ballast/#\n');
  const broker = await startMosquitto(['allow_anonymous true', `acl_file ${join(rules, 'acl')}`]);
  t.after(async () => {
    await broker.remove();
    await rm(rules, { recursive: true });
  });
  const ran = await ballast(await rackOf(t, broker.url), 'doctor', '--json');
  const findings = JSON.parse(ran.out) as { about: string; verdict: string; message: string }[];
  const about = findings.find((finding) => finding.about.startsWith('broker'));
  assert.equal(about?.verdict, 'fail');
  assert.equal(about?.message, 'what we publish below ballast/v1/tx1/rack/r07 does not arrive');
});

test('a serial port that is not there, or is none, is named', options, async (t) => {
  const cwd = await rackOf(t, 'mqtt://127.0.0.1:9');
  await withPort(cwd, '/dev/serial/by-id/usb-none');
  assert.match((await ballast(cwd, 'doctor')).out, /^fail {2}port rtu1: there is no \/dev\/serial\/by-id\/usb-none\n/m);
  await rm(join(cwd, 'config.yaml'));
  await ballast(cwd, 'init', '--site', 'tx1', '--rack', 'r07', '--broker', 'mqtt://127.0.0.1:9', '-p', 'other.yaml');
  await withPort(cwd, join(cwd, 'policy.yaml'));
  assert.match((await ballast(cwd, 'doctor')).out, /^fail {2}port rtu1: .*policy\.yaml is no serial port\n/m);
});

test('a serial port that another program holds is named with that program', options, async (t) => {
  const cwd = await rackOf(t, 'mqtt://127.0.0.1:9');
  const port = openPty();
  t.after(() => port.unplug());
  await withPort(cwd, port.path);
  assert.match((await ballast(cwd, 'doctor')).out, /^ok {4}port rtu1: \/dev\/pts\/\d+ is free$/m);
  const holder = spawn('flock', ['--no-fork', port.path, 'sleep', '1000']);
  const ended = once(holder, 'close');
  t.after(async () => {
    holder.kill();
    await ended;
  });
  await until(async () => (await holderOf(port.path)) !== undefined);
  const { code, out } = await ballast(cwd, 'doctor');
  assert.equal(code, 1);
  assert.match(out, /^fail {2}port rtu1: \/dev\/pts\/\d+ is held by process \d+ \(sleep\)\n {6}-> end it: /m);
});
