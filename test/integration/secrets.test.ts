/** Secrets that only the service is handed, as systemd does it for files of root's. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAgent } from './support/agent-process.ts';
import { ballast } from './support/ballast.ts';

test('the agent starts with a password that is in its credentials alone, and without them says which is missing', async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'ballast-secrets-'));
  t.after(() => rm(cwd, { recursive: true }));
  await ballast(cwd, 'init', '--site', 'tx1', '--rack', 'r07', '--broker', 'mqtt://127.0.0.1:9');
  const config = join(cwd, 'config.yaml');
  const broker = '  username: r07\n  password_file: secrets/broker.pw\n';
  await writeFile(config, (await readFile(config, 'utf8')).replace('broker:\n', `broker:\n${broker}`));
  const credentials = join(cwd, 'handed over');
  await mkdir(credentials);
  await writeFile(join(credentials, 'secrets_broker.pw'), 'Zeche-Nachtigall-1714\n');

  const environment = { CREDENTIALS_DIRECTORY: credentials };
  const agent = startAgent({ config, policy: join(cwd, 'policy.yaml') }, { environment });
  t.after(() => agent.kill());
  await Promise.race([agent.log.first((line) => line.includes('the agent runs')), agent.died]);
  assert.equal(await agent.stop(), 0);
  assert.ok(!agent.log.all.some((line) => line.includes('Zeche-Nachtigall')));

  const without = await ballast(cwd, 'agent');
  assert.equal(without.code, 1);
  assert.match(without.err, /broker\.password_file {2}there is no .*\/secrets\/broker\.pw; create it/);
});
