import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { writeKeyPair } from './keys.ts';
import { load, loadConfig, loadPolicy, readConfig } from './load.ts';
import { formatProblem } from './problem.ts';

const samples = join(import.meta.dirname, '../../docs/sample');

type Rack = { folder: string; config: string; policy: string };

/** The sample files with the secrets they name, in a folder of their own. */
async function sampleRack(t: TestContext): Promise<Rack> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-config-'));
  t.after(() => rm(folder, { recursive: true }));
  await cp(samples, folder, { recursive: true });
  await writeFile(join(folder, 'miners.pw'), 'made up\n');
  await writeKeyPair(folder, 'qse-north-2026');
  await writeKeyPair(folder, 'other');
  return { folder, config: join(folder, 'config.yaml'), policy: join(folder, 'policy.yaml') };
}

/** `change` made to one of the files, and what that brings up, with `#` for the folder. */
async function problemsAfter(rack: Rack, file: 'config' | 'policy', ...change: [from: string, to: string][]) {
  let text = await readFile(rack[file], 'utf8');
  for (const [from, to] of change) {
    assert.ok(text.includes(from), `the sample has no ${from}`);
    text = text.replace(from, to);
  }
  await writeFile(rack[file], text);
  const loaded = await load(rack);
  const problems = loaded.kind === 'ok' ? [] : loaded.problems.map(formatProblem);
  return problems.map((problem) => problem.replaceAll(`${rack.folder}/`, '#'));
}

test('the sample files of the documentation load', async (t) => {
  const rack = await sampleRack(t);
  const loaded = await load(rack);
  assert.equal(loaded.kind, 'ok', loaded.kind === 'bad' ? loaded.problems.map(formatProblem).join('\n') : '');
  if (loaded.kind !== 'ok') return;
  const { config, keys, folder, configHash } = loaded.value;
  assert.equal(folder, rack.folder);
  assert.equal(config.socket, join(rack.folder, 'run/ballast.sock'));
  assert.equal(config.state, join(rack.folder, 'state'));
  assert.deepEqual(
    [...keys].map(([kid, { issuer, key }]) => [kid, issuer, key.asymmetricKeyType]),
    [['qse-north-2026', 'qse-north', 'ed25519']],
  );
  assert.match(configHash, /^[0-9a-f]{64}$/);
});

test('the hash follows what the config says, not where it lies, how it is laid out or what is commented', async (t) => {
  const [here, there] = [await sampleRack(t), await sampleRack(t)];
  await writeFile(there.config, `# moved\n${await readFile(there.config, 'utf8')}`);
  const hashOf = async ({ config }: Rack) => {
    const read = await readConfig(config);
    return read.kind === 'ok' ? read.value.configHash : undefined;
  };
  const hash = await hashOf(here);
  assert.ok(hash);
  assert.equal(await hashOf(there), hash);
  await writeFile(there.config, (await readFile(there.config, 'utf8')).replace('rated_w: 3400', 'rated_w: 3500'));
  assert.notEqual(await hashOf(there), hash);
});

const broken: [name: string, file: 'config' | 'policy', change: [string, string], problem: RegExp][] = [
  [
    'a device id given twice',
    'config',
    ['id: m02', 'id: m01'],
    /#config\.yaml:42 {2}devices\[1\]\.id {2}m01 stands here twice/,
  ],
  [
    'two devices at one address',
    'config',
    ['host: 10.0.1.12', 'host: 10.0.1.11'],
    /devices\[1\]\.host {2}10\.0\.1\.11:4028 is already that of m01/,
  ],
  [
    'one MAC on two devices, whatever its case',
    'config',
    ['"02:00:5e:00:01:02"', '"02:00:5E:00:01:01"'],
    /devices\[1\]\.mac {2}02:00:5e:00:01:01 is already that of m01/,
  ],
  [
    'a meter on a bus that is not there',
    'config',
    ['bus: feed-gateway', 'bus: feed-gatway'],
    /#config\.yaml:\d+ {2}meters\[0\]\.bus {2}there is no bus feed-gatway; did you mean feed-gateway\?/,
  ],
  [
    'a register map that is not there',
    'config',
    ['model: eastron-sdm630', 'model: eastron-sdm360'],
    /meters\[0\]\.model {2}there is no register map eastron-sdm360; did you mean eastron-sdm630\?/,
  ],
  [
    'a meter that covers an unknown device',
    'config',
    ['covers: all', 'covers: [m01, m03]'],
    /meters\[0\]\.covers\[1\] {2}there is no device m03; did you mean m01\?/,
  ],
  [
    'a password file that is not there',
    'config',
    ['password_file: miners.pw', 'password_file: m01.pw'],
    /#config\.yaml:39 {2}devices\[0\]\.password_file {2}there is no #m01\.pw; create it, or correct the path/,
  ],
  [
    'a TLS file that is a folder',
    'config',
    ['# ca: ca.pem', 'ca: .'],
    /broker\.ca {2}.* is not a file; name the file itself/,
  ],
  [
    'a protected device that is not there',
    'policy',
    ['protect: [m02]', 'protect: [m20]'],
    /#policy\.yaml:\d+ {2}protect\[0\] {2}there is no device m20; did you mean m02\?/,
  ],
  [
    'a pump that is not there',
    'policy',
    ['protect: [m02]', 'cooling: [{device: pump, serves: [m01]}]'],
    /cooling\[0\]\.device {2}there is no device pump/,
  ],
  [
    'limits of a PDU that is not there',
    'policy',
    ['protect: [m02]', 'pdu_limits: [{pdu: pdu-z, outlet_max_w: 2300}]'],
    /pdu_limits\[0\]\.pdu {2}there is no PDU pdu-z/,
  ],
  [
    'a floor above the ceiling',
    'policy',
    ['min_w: 500', 'min_w: 9000'],
    /#policy\.yaml:6 {2}limits\.min_w {2}9000 W is above the ceiling of 8000 W/,
  ],
  [
    'a key file that is not there',
    'policy',
    ['keys: [qse-north-2026.pub]', 'keys: [qse-north-2027.pub]'],
    /issuers\[0\]\.keys\[0\] {2}there is no #qse-north-2027\.pub/,
  ],
  [
    'an issuer given twice',
    'policy',
    ['issuers:', 'issuers:\n  - {id: qse-north, keys: [other.pub], may: [ceiling], programs: [ecrs]}'],
    /issuers\[1\]\.id {2}qse-north stands here twice/,
  ],
  [
    'one key for two issuers',
    'policy',
    ['issuers:', 'issuers:\n  - {id: utility, keys: [qse-north-2026.pub], may: [ceiling], programs: [ecrs]}'],
    /issuers\[1\]\.keys\[0\] {2}the key id qse-north-2026 is already utility's/,
  ],
];

for (const [name, file, change, problem] of broken) {
  test(`${name} is found, with its line`, async (t) => {
    const problems = await problemsAfter(await sampleRack(t), file, change);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });
}

test('what is wrong in both files is told together', async (t) => {
  const rack = await sampleRack(t);
  await writeFile(rack.policy, 'limits: {celing_w: 1}\n');
  const problems = await problemsAfter(rack, 'config', ['id: m02', 'id: m01'], ['bus: feed-gateway', 'bus: x']);
  assert.deepEqual(
    problems.map((problem) => problem.replace(/ {2}.*/, '')),
    ['#config.yaml:29', '#config.yaml:42', '#policy.yaml:1'],
  );
  assert.equal(problems[2], '#policy.yaml:1  limits.celing_w  unknown key; did you mean ceiling_w?');
});

test('a file that is missing or a folder is one sentence and the fix', async (t) => {
  const { folder } = await sampleRack(t);
  const problems = [await loadConfig(join(folder, 'x.yaml')), await loadPolicy(folder)].flatMap((each) =>
    each.kind === 'bad' ? each.problems.map(({ message, hint }) => `${message}; ${hint}`) : [],
  );
  assert.deepEqual(problems, [
    `there is no ${folder}/x.yaml; create it, or correct the path`,
    `${folder} is a folder; name the file itself`,
  ]);
});

test('a config is readable without the secrets it names: asking for the status needs none', async (t) => {
  const rack = await sampleRack(t);
  await rm(join(rack.folder, 'miners.pw'));
  assert.equal((await loadConfig(rack.config)).kind, 'bad');
  assert.equal((await readConfig(rack.config)).kind, 'ok');
});
