import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { adapters } from '#adapters/registry.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import type { Verdict } from './check.ts';
import { checkCase } from './check.ts';
import { readFolder } from './folder.ts';
import type { Known } from './known.ts';
import { replaying } from './replay.ts';

const rated = { hashrate: 126, unit: 'TeraHash' };

describe('a folder of captures', () => {
  test('is compared field by field, and what agrees is counted', async (t) => {
    const [verdict] = await check(t, [
      whatsminer({ 'miner_data.wattage': { watts: 3300 }, is_mining: false, expected_hashrate: rated }),
    ]);
    assert.deepEqual(outcome(verdict), { matches: 3, differences: [], notCompared: [] });
  });

  test('that expects something else is different, unless that is known', async (t) => {
    const cases = [whatsminer({ 'miner_data.wattage': { watts: 3000 } })];
    const entry: Known = { peer: 'peer', adapter: 'whatsminer-v2', field: 'wattage', reason: 'it rounds' };
    const [unknown] = await check(t, cases);
    const [known] = await check(t, cases, [entry]);
    const difference = { field: 'miner_data.wattage', found: 3300, wanted: 3000, failure: undefined };
    assert.deepEqual(outcome(unknown).differences, [{ ...difference, reason: undefined }]);
    assert.deepEqual(outcome(known).differences, [{ ...difference, reason: 'it rounds' }]);
  });

  test('without the replies for one half blames that half, and compares the other', async (t) => {
    const [verdict] = await check(t, [whatsminer({ wattage: { watts: 3300 }, hostname: 'm01' })]);
    const { matches, differences } = outcome(verdict);
    assert.equal(matches, 1);
    assert.match(differences[0]?.failure ?? '', /refused get_version/);
  });

  test('has replies that are no JSON, which are replayed byte for byte', async (t) => {
    const broken = '{"STATUS":[{"STATUS":"S"}],"SUMMARY":[{"Power":3300,"HS RT":nan,}]}';
    const [verdict] = await check(t, [whatsminer({ wattage: { watts: 3300 } }, broken)]);
    assert.equal(outcome(verdict).matches, 1);
  });

  test('of a firmware that no adapter is for says so', async (t) => {
    const [verdict] = await check(t, [{ ...whatsminer({}), firmware: 'Abacus 1' }]);
    assert.deepEqual(verdict, { kind: 'no adapter', firmware: 'Abacus 1' });
  });

  test('does not count what Ballast does not read as compared', async (t) => {
    const [verdict] = await check(t, [whatsminer({ 'pools.len()': 3, wattage: { rust: 'f()' } })]);
    assert.deepEqual(outcome(verdict), { matches: 0, differences: [], notCompared: ['pools.len()', 'wattage'] });
  });

  test("has pyasic's Python literals read", async (t) => {
    const asserts = [
      ['result.wattage', '3300'],
      ['round(result.hashrate.into(SHA256Unit.TH))', '120'],
      ['result.fans', '[Fan(speed=5400), Fan(speed=5280)]'],
      ['result.total_chips', 'result.expected_chips'],
    ];
    const [verdict] = await check(t, [whatsminer({ asserts })]);
    assert.deepEqual(outcome(verdict), { matches: 3, differences: [], notCompared: ['result.total_chips'] });
  });
});

describe('recorded replies are served', () => {
  const replies = new Map([
    ['summary', Buffer.from('{"SUMMARY":[1]}')],
    ['rpc/pools', Buffer.from('{"POOLS":[]}')],
    ['web/miner/details', Buffer.from('{"uid":"x"}')],
    ['get.miner.status:summary', Buffer.from('{"code":0,"msg":{"summary":1}}')],
    ['get.miner.status:edevs', Buffer.from('{"code":0,"msg":{"edevs":2}}')],
  ]);
  const connect = () => replaying(replies)('any', 1, new AbortController().signal);

  test('over a cgminer socket, also when commands are joined', async () => {
    const stream = await connect();
    stream.write('{"command":"summary+pools"}');
    assert.equal(await text(stream), '{"summary":[{"SUMMARY":[1]}],"pools":[{"POOLS":[]}]}\0');
  });

  test('over HTTP', async () => {
    const stream = await connect();
    const status = await new Promise((resolve, reject) => {
      const sent = request(
        'http://miner/api/v1/miner/details',
        { createConnection: () => stream },
        async (response) => {
          resolve([response.statusCode, await text(response)]);
        },
      );
      sent.on('error', reject).end();
    });
    assert.deepEqual(status, [200, '{"uid":"x"}']);
  });

  test("in WhatsMiner's frames, parts together", async () => {
    const stream = await connect();
    const asked = Buffer.from('{"cmd":"get.miner.status","param":"summary+edevs"}');
    stream.write(Buffer.concat([Buffer.from([asked.length, 0, 0, 0]), asked]));
    const reply = await new Promise<Buffer>((resolve) => stream.once('data', resolve));
    assert.equal(reply.readUInt32LE(0), reply.length - 4);
    assert.deepEqual(JSON.parse(reply.subarray(4).toString()), { code: 0, msg: { summary: 1, edevs: 2 } });
  });
});

type WrittenCase = { id: string; firmware: string; files: Record<string, string>; expected: object };

/** A sleeping WhatsMiner as its API v2 has it. */
function whatsminer(expected: object, summary = JSON.stringify(awake)): WrittenCase {
  const status = JSON.stringify({ STATUS: 'S', Code: 131, Msg: { mineroff: 'true', power_pct: 100 } });
  return { id: 'peer/one', firmware: 'WhatsMiner stock', files: { status, summary }, expected };
}

const awake = {
  STATUS: [{ STATUS: 'S', Code: 11, Msg: 'Summary' }],
  SUMMARY: [{ Power: 3300, 'HS RT': 120e6, 'Factory GHS': 126_000, 'Fan Speed In': 5400, 'Fan Speed Out': 5280 }],
};

async function check(t: TestContext, cases: WrittenCase[], known: readonly Known[] = []): Promise<Verdict[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ballast-captures-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const index = cases.map(({ files, ...each }, at) => {
    for (const [name, reply] of Object.entries(files)) writeFileSync(join(folder, `${at}-${name}.json`), reply);
    return { ...each, responses: Object.fromEntries(Object.keys(files).map((name) => [name, `${at}-${name}.json`])) };
  });
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ cases: index }));
  const checking = { adapters, known, clock: new VirtualClock() };
  return await Promise.all(readFolder(folder).map((each) => checkCase(each, checking)));
}

function outcome(verdict: Verdict | undefined) {
  assert.ok(verdict?.kind === 'compared');
  const { matches, differences, notCompared } = verdict;
  return { matches, differences, notCompared };
}
