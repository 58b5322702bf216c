/** A GPU that a batch job and a miner share in turn, with an agent that may be killed at any moment of a switch. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { UnitState } from '#test/support/memory-machine.ts';
import { MemoryMachine } from '#test/support/memory-machine.ts';
import { World } from '#test/support/world.ts';

test('what nobody wants is mined on, and given back when there is work again', async (t) => {
  const { world, machine } = await open(t, { train: 'active', hash: 'inactive' });
  assert.deepEqual(machine.told, []);
  machine.units['train'] = 'inactive';
  await world.clock.advance(30_000);
  assert.deepEqual([machine.told, bay(world)?.serves], [['start hash'], 'mining']);
  machine.units['train'] = 'active';
  await world.clock.advance(30_000);
  assert.deepEqual([machine.running, bay(world)?.serves], [['train'], 'batch']);
  const ways = bay(world)?.learned.map(({ from, to }) => `${from} to ${to}`);
  assert.deepEqual(ways, ['batch to mining', 'mining to batch']);
  const told = world.events.map(({ why }) => why).filter((why) => why.startsWith('b0'));
  assert.equal(told[0], 'b0: from batch to mining: nobody wants it');
  assert.match(told[1] ?? '', /^b0 serves mining now, after \d+ s$/);
});

test('advice is only told', async (t) => {
  const { world, machine } = await open(t, { train: 'active', hash: 'inactive' }, { mode: 'advise' });
  machine.units['train'] = 'inactive';
  await world.clock.advance(30_000);
  const { serves, wanted, why } = bay(world) ?? {};
  assert.deepEqual([serves, wanted, why, machine.told], ['batch', 'mining', 'nobody wants it', []]);
  const says = world.agent.explain('gpu0').find(({ about }) => about === 'placement')?.says ?? [];
  assert.match(says[0] ?? '', /^b0 serves batch since .*; it would serve mining: nobody wants it$/);
});

test('a miner that does not begin is taken back, and its bay waits for work', async (t) => {
  const { world, machine } = await open(t, { train: 'active', hash: 'inactive' });
  machine.fails.add('start hash');
  machine.units['train'] = 'inactive';
  await world.clock.advance(60_000);
  assert.equal(bay(world)?.last_failure, 'hash: start of hash failed');
  machine.units['train'] = 'active';
  await world.clock.advance(10_000);
  assert.deepEqual([machine.running, bay(world)?.serves], [['train'], 'batch']);
});

test('a bay that nobody can be brought back to rests, and raises an alarm until it serves again', async (t) => {
  const { world, machine } = await open(t, { train: 'inactive', hash: 'active' });
  machine.fails.add('start hash');
  machine.units['train'] = 'active';
  for (let s = 0; s < 60 && bay(world)?.step !== 'confirm'; s++) await world.clock.advance(1000);
  machine.units['train'] = 'inactive';
  await world.clock.advance(30_000);
  assert.deepEqual([machine.running, bay(world)?.serves, world.alarms()], [[], 'rest', ['alarm/bay-b0']]);
  machine.fails.clear();
  await world.clock.advance(700_000);
  assert.deepEqual([machine.running, bay(world)?.serves, world.alarms()], [['hash'], 'mining', []]);
});

test('an order puts the GPU to rest whoever has it, and whoever had it works again', async (t) => {
  const { world, machine } = await open(t, { train: 'inactive', hash: 'active' });
  await world.clock.advance(20_000);
  assert.equal(bay(world)?.serves, 'mining');
  await world.issue({ kind: 'ceiling', fraction: 0.05 }, { forS: 60 });
  await world.clock.advance(20_000);
  assert.deepEqual([machine.running, machine.capW], [[], 100]);
  await world.clock.advance(180_000);
  assert.deepEqual([machine.running, machine.capW], [['hash'], 300]);
});

test('killed at any second of a switch, the next agent finishes it', async (t) => {
  for (const s of [0, 1, 2, 4, 7]) {
    const { world, machine } = await open(t, { train: 'inactive', hash: 'active' });
    await world.clock.advance(10_000);
    machine.units['train'] = 'active';
    await world.clock.advance(s * 1000 + 300);
    world.kill();
    await world.clock.advance(5000);
    await world.start();
    await world.clock.advance(60_000);
    assert.deepEqual(
      [machine.running, bay(world)?.serves, bay(world)?.to],
      [['train'], 'batch', null],
      `killed after ${s} s`,
    );
    await world.stop();
  }
});

function bay(world: World) {
  return world.says('workload').bays?.[0];
}

async function open(t: TestContext, units: Record<string, UnitState>, placement: object = { mode: 'steer' }) {
  const machine = new MemoryMachine(units);
  const common = { adapter: 'systemd-unit', gpus: ['gpu0'], bay: 'b0', tier: 2, period_ms: 1000, stop_loses_s: 5 };
  const workloads = [
    { id: 'train', unit: 'train.service', ...common },
    { id: 'hash', unit: 'hash.service', serves: 'mining', ...common },
  ];
  const { host, devices } = machine;
  const world = new World({
    miners: [],
    machine: { host, devices, workloads },
    policy: { placement: { unused: 'mining', ...placement } },
  });
  t.after(() => world.stop());
  await world.start();
  return { world, machine };
}
