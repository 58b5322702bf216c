import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, open as openFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openLog } from '#agent/platform/log.ts';
import type { StoreEvent, StoreParts } from '#agent/platform/store.ts';
import { openStore } from '#agent/platform/store.ts';
import { Inbox } from '#test/support/inbox.ts';

const patience = { timeout: 30_000 };

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-store-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function open(t: TestContext, folder: string, limits?: StoreParts['limits']) {
  const events = new Inbox<StoreEvent>();
  const store = openStore(folder, { log: openLog('silent'), report: events.push, ...(limits && { limits }) });
  t.after(() => store.stop());
  await store.start();
  return { store, events, ...store.rack('r07') };
}

/** The store in another process, which may be killed and which is never root. */
function child(t: TestContext, folder: string) {
  const script = fileURLToPath(new URL('./support/store-child.ts', import.meta.url));
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const running = spawn(process.execPath, [script, folder], { ...nobody, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = new Inbox<Record<string, unknown>>();
  createInterface({ input: running.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  t.after(() => running.kill('SIGKILL'));
  return { running, lines, tell: (line: string) => void running.stdin.write(`${line}\n`) };
}

test('a put that resolved is there after kill -9', patience, async (t) => {
  const folder = await folderFor(t);
  await chmod(folder, 0o777);
  const { running, lines, tell } = child(t, folder);
  tell('at most 6 kW');
  await lines.first((line) => 'durable' in line);
  const exit = once(running, 'exit');
  running.kill('SIGKILL');
  await exit;
  const { journal } = await open(t, folder);
  assert.deepEqual([...(await journal.load())], [['order', 'at most 6 kW']]);
});

test('racks share the file and see only their own entries', patience, async (t) => {
  const { store, journal } = await open(t, await folderFor(t));
  const other = store.rack('r08').journal;
  await Promise.all([
    journal.put('home', 'a'),
    journal.put('seq', '1'),
    other.put('home', 'b'),
    journal.put('seq', '2'),
  ]);
  await journal.remove('home');
  assert.deepEqual([...(await journal.load())], [['seq', '2']]);
  assert.deepEqual([...(await other.load())], [['home', 'b']]);
});

test(
  'on a read-only disk orders in force are still found, puts say why they fail, and both heal',
  patience,
  async (t) => {
    const folder = await folderFor(t);
    const before = await open(t, folder);
    await before.journal.put('order', 'at most 6 kW');
    await before.store.stop();
    const rights = async (folderMode: number, fileMode: number) => {
      for (const file of await readdir(folder)) await chmod(join(folder, file), fileMode);
      await chmod(folder, folderMode);
    };
    await rights(0o555, 0o444);

    const { lines, tell } = child(t, folder);
    tell('load');
    const { loaded } = await lines.first((line) => 'loaded' in line);
    assert.deepEqual(loaded, [['order', 'at most 6 kW']]);
    tell('at most 5 kW');
    tell('load');
    const refusal = await lines.first((line) => 'refused' in line);
    assert.equal(refusal['refused'], 'readOnly');
    assert.match(String(refusal['message']), /journal\.db cannot be written: read-only disk or missing rights/);
    assert.ok(lines.all.some((line) => line['event'] === 'failing'));
    assert.ok(!lines.all.some((line) => line['event'] === 'recovered'));

    await rights(0o777, 0o666);
    tell('at most 4 kW');
    await lines.first((line) => line['event'] === 'recovered');
    await lines.first((line) => line['durable'] === 'at most 4 kW');
  },
);

test('a damaged journal is moved aside, reported, and a new one takes its place', patience, async (t) => {
  const folder = await folderFor(t);
  await writeFile(join(folder, 'journal.db'), 'this is not a database, it is a corpse of one'.repeat(100));
  const { journal, events } = await open(t, folder);
  const lost = await events.first((event) => event.kind === 'journalLost');
  assert.equal(lost.kind === 'journalLost' && lost.movedTo, join(folder, 'journal.db.damaged'));
  await journal.put('home', 'a');
  assert.deepEqual([...(await journal.load())], [['home', 'a']]);
  assert.ok((await readdir(folder)).includes('journal.db.damaged'));
});

test('a page broken inside the journal is found at the start, not at the first order', patience, async (t) => {
  const folder = await folderFor(t);
  const before = await open(t, folder);
  await Promise.all(Array.from({ length: 50 }, (_, index) => before.journal.put(`order-${index}`, 'x'.repeat(1_000))));
  await before.store.stop();
  const file = await openFile(join(folder, 'journal.db'), 'r+');
  await file.write(Buffer.alloc(200, 0xff), 0, 200, 5 * 4096);
  await file.close();
  const { journal, events } = await open(t, folder);
  assert.deepEqual(
    events.all.map(({ kind }) => kind),
    ['journalLost'],
  );
  assert.equal((await journal.load()).size, 0);
});

test('a file of a newer agent is left alone', patience, async (t) => {
  const folder = await folderFor(t);
  const db = new DatabaseSync(join(folder, 'journal.db'));
  db.exec('PRAGMA user_version = 99');
  db.close();
  const { journal } = await open(t, folder);
  await assert.rejects(journal.put('home', 'a'), { name: 'StoreError', kind: 'newer', message: /a newer agent wrote/ });
  assert.ok(!(await readdir(folder)).includes('journal.db.damaged'));
});

test('history comes back oldest first and forgets what was delivered', patience, async (t) => {
  const { store, history } = await open(t, await folderFor(t));
  for (const second of [1, 2, 3]) history.keep('power', Date.now() + second, `${second}`);
  store.rack('r08').history.keep('power', Date.now(), 'of another rack');
  const rows = await history.take(2);
  assert.deepEqual(
    rows.map(({ kind, body }) => [kind, body]),
    [
      ['power', '1'],
      ['power', '2'],
    ],
  );
  await history.drop(rows[1]?.id ?? 0);
  assert.deepEqual(
    (await history.take(9)).map(({ body }) => body),
    ['3'],
  );
  assert.equal(await store.rack('r08').history.size(), 1);
});

test('history kept before a stop is there after the next start', patience, async (t) => {
  const folder = await folderFor(t);
  const before = await open(t, folder);
  before.history.keep('power', Date.now(), '6000');
  await before.store.stop();
  const { history } = await open(t, folder);
  assert.equal((await history.take(1))[0]?.body, '6000');
});

test('a history over its limits loses its oldest rows and says how many', patience, async (t) => {
  const { history, events } = await open(t, await folderFor(t), { maxRows: 3, maxAgeMs: 3_600_000 });
  history.keep('power', Date.now() - 7_200_000, 'two hours old');
  for (const body of ['1', '2', '3', '4']) history.keep('power', Date.now(), body);
  assert.deepEqual(
    (await history.take(9)).map(({ body }) => body),
    ['2', '3', '4'],
  );
  assert.deepEqual(await events.first(), { kind: 'historyDropped', rack: 'r07', rows: 2 });
});

test('a store that does not run refuses instead of keeping anybody waiting', patience, async (t) => {
  const { store, journal, history } = await open(t, await folderFor(t));
  await store.stop();
  await store.stop();
  history.keep('power', 0, 'ignored');
  await assert.rejects(journal.load(), { name: 'StoreError', kind: 'stopped' });
});
