import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { adapterNamed, adapters } from '#adapters/registry.ts';
import { minerEntries } from '#agent/cli/discover/miner-entries.ts';
import type { MinerOptions, SimulatedMiner } from '#test/simulator/miners.ts';
import { minerKinds } from '#test/simulator/miners.ts';
import { createRack } from '#test/simulator/rack.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import { addressesOf } from './addresses.ts';
import type { FoundMiner } from './miners.ts';
import { searchMiners } from './miners.ts';

/** One miner of each kind, at 10.0.1.11 and on. */
function everyKind() {
  const clock = new VirtualClock();
  const miners = minerKinds.map((kind, i) => ({ id: `m${i + 1}`, kind }) as MinerOptions);
  return { clock, rack: createRack({ clock, miners }) };
}

/** The adapter that a search should name; undefined for firmware that does not say what it is before a log-in. */
function findable(miner: SimulatedMiner): string | undefined {
  const adapter = adapterNamed(miner.entry.adapter);
  return adapter?.recognition && adapter.name;
}

async function searched(
  { clock, rack }: ReturnType<typeof everyKind>,
  hosts: readonly string[],
  connect = rack.connect.bind(rack),
): Promise<FoundMiner[]> {
  let done = false;
  const search = searchMiners(hosts, { adapters, connect, clock }, new AbortController().signal).finally(() => {
    done = true;
  });
  while (!done) await clock.advance(100);
  return await search;
}

function hostsOf(network: string): readonly string[] {
  const addresses = addressesOf(network);
  assert.ok(addresses.kind === 'ok');
  return addresses.hosts;
}

test('every simulated miner is recognised as what it is, without a secret and without a write', async () => {
  const site = everyKind();
  const found = await searched(site, hostsOf('10.0.1.0/24'));
  const told = found.map((each) => [each.host, each.kind === 'miner' ? each.adapter : 'nobody']);
  assert.deepEqual(
    told,
    site.rack.miners.map((miner) => [miner.spec.host, findable(miner) ?? 'nobody']),
  );
  for (const [i, each] of found.entries()) {
    const mac = each.kind === 'miner' ? each.recognised.identity.mac : undefined;
    // Some tell it only to those who log in.
    if (mac !== undefined) assert.equal(mac, site.rack.miners[i]?.spec.mac.toLowerCase());
  }
  assert.ok(site.rack.miners.every(({ writes }) => writes.length === 0));
});

test('what was found is YAML for the config, with what the miner says of itself', async () => {
  const site = everyKind();
  const found = await searched(site, hostsOf('10.0.1.0/24'));
  const text = minerEntries(found);
  const { devices } = parse(text) as { devices: { id: string; adapter: string; rated_w: number | null }[] };
  assert.deepEqual(
    devices.map(({ adapter }) => adapter),
    site.rack.miners.flatMap((miner) => findable(miner) ?? []),
  );
  assert.equal(devices[0]?.id, 'm011');
  assert.equal(devices[0]?.rated_w, site.rack.miners[0]?.spec.ratedW);
  assert.match(text, /# MicroBT .*, firmware .*check the nameplate/);
});

test('a dead network takes a few knocks of time, and never more sockets than are allowed', async () => {
  const site = everyKind();
  let [open, most] = [0, 0];
  const silent = (_host: string, _port: number, signal: AbortSignal) => {
    most = Math.max(most, ++open);
    return new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        open--;
        reject(signal.reason);
      });
    });
  };
  assert.deepEqual(await searched(site, hostsOf('10.9.0.0/22'), silent as never), []);
  assert.equal(most, 256);
  const knocks = new Set(adapters.flatMap(({ recognition }) => recognition?.ports ?? [])).size * 1022;
  assert.ok(site.clock.monotonic() <= Math.ceil(knocks / 256) * 700 + 200, `${site.clock.monotonic()} ms`);
});

test('one that never answers, or answers nonsense, is a stranger and holds up nobody', async () => {
  const site = everyKind();
  const [first, second] = site.rack.miners;
  assert.ok(first && second);
  first.faults.silent = true;
  second.faults.brokenJson = true;
  const found = await searched(site, hostsOf('10.0.1.0/24'));
  assert.deepEqual(
    found.slice(0, 2).map(({ kind }) => kind),
    ['stranger', 'stranger'],
  );
  assert.equal(found.filter(({ kind }) => kind === 'miner').length, site.rack.miners.filter(findable).length - 2);
});

test('a network is read as people write it, and a wrong one is refused', () => {
  assert.deepEqual(hostsOf('10.0.1.7'), ['10.0.1.7']);
  assert.deepEqual(hostsOf('10.0.1.6/31'), ['10.0.1.6', '10.0.1.7']);
  assert.deepEqual(
    hostsOf('10.0.1.9/29'),
    [9, 10, 11, 12, 13, 14].map((each) => `10.0.1.${each}`),
  );
  assert.equal(hostsOf('10.0.0.0/20').length, 4094);
  for (const wrong of ['10.0.0.0/8', '10.0.1', '10.0.1.300', 'miners', '10.0.1.0/33']) {
    assert.equal(addressesOf(wrong).kind, 'bad', wrong);
  }
});
