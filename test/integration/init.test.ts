import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { ballast } from './support/ballast.ts';

const answers = ['--site', 'tx1', '--rack', 'r07', '--broker', 'mqtt://127.0.0.1:1883'];

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'ballast-init-'));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

test('what init writes passes config check, observes, and is never overwritten', async (t) => {
  const cwd = await folder(t);
  const first = await ballast(cwd, 'init', ...answers, '--issuer', 'qse-north');
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /qse-north\.key {2}signs orders: take it off this machine/);
  const checked = await ballast(cwd, 'config', 'check');
  assert.equal(checked.code, 0, checked.out);
  assert.match(
    checked.out,
    /^tx1\/r07 is fine\.(.|\n)*issuers {2}qse-north \(ecrs\)\nNo order moves a device until `ballast commission` has seen it move/,
  );

  const before = await readFile(join(cwd, 'config.yaml'), 'utf8');
  const again = await ballast(cwd, 'init', ...answers, '--rack', 'r08');
  assert.equal(again.code, 1);
  assert.match(again.err, /config\.yaml is there already and stays as it is/);
  assert.equal(await readFile(join(cwd, 'config.yaml'), 'utf8'), before);
});

const mistakes: [what: string, args: string[], says: RegExp][] = [
  ['a name in capitals', ['--site', 'TX1', ...answers.slice(2)], /--site: "TX1" is no name: write 1 to 64 of a-z/],
  [
    'a host where a URL belongs',
    [...answers.slice(0, 5), 'broker.example'],
    /--broker: "broker\.example" is no broker/,
  ],
  ['nothing, without a terminal', ['--site', 'tx1'], /no rack, no broker is given\n\(write --rack, --broker;/],
  ['an issuer that cannot name a key', [...answers, '--issuer', 'QSE'], /--issuer: "QSE" is no name/],
];

for (const [what, args, says] of mistakes) {
  test(`init that is told ${what} writes nothing and exits 2`, async (t) => {
    const cwd = await folder(t);
    const ran = await ballast(cwd, 'init', ...args);
    assert.equal(ran.code, 2);
    assert.match(ran.err, says);
    assert.match((await ballast(cwd, 'config', 'check')).out, /there is no config\.yaml/);
  });
}
