/**
 * Miners of the registry through a whole event on their simulators, once for each way in which they can fail. A new fault
 * of a simulator needs a line below.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { MinerOptions, SimulatedMiner } from '#test/simulator/miners.ts';
import { World } from '#test/support/world.ts';

type Kind = SimulatedMiner['kind'];

/**
 * What becomes of it until the fault heals in mid-event. Some firmwares need an answer before they can be cut, others
 * are cut by a command whose answer is lost: whichever it is, the level holds.
 */
type Meanwhile = 'it is cut' | 'another is cut in its place' | 'one of them is cut';
type Row = {
  readonly value: unknown;
  readonly meanwhile: Meanwhile;
  /** Healed by pulling its plug: until then nothing at all is asked of it. */
  readonly replugged?: true;
  /** Happens once: with another cut in its place there may be nothing left to ask of it. */
  readonly once?: true;
};

const faults: Readonly<Record<string, Row>> = {
  silent: { value: true, meanwhile: 'another is cut in its place' },
  closesWithoutReply: { value: true, meanwhile: 'another is cut in its place' },
  refusesConnections: { value: true, meanwhile: 'another is cut in its place' },
  answersAfterMs: { value: 21_000, meanwhile: 'one of them is cut' },
  ignoresCommands: { value: true, meanwhile: 'another is cut in its place' },
  refusesSleep: { value: true, meanwhile: 'another is cut in its place' },
  brokenJson: { value: true, meanwhile: 'one of them is cut' },
  forgetsCommas: { value: true, meanwhile: 'it is cut' },
  bareNan: { value: true, meanwhile: 'it is cut' },
  otherMac: { value: '02:00:00:00:be:ef', meanwhile: 'another is cut in its place', replugged: true },
  endsWithoutNul: { value: true, meanwhile: 'it is cut' },
  // Whether there is a log-in to be locked out of, and whether the restart comes before the cut, is up to the firmware.
  lockedOut: { value: true, meanwhile: 'one of them is cut' },
  rebootsInMidCommand: { value: true, meanwhile: 'one of them is cut', once: true },
  refusesWith: { value: 132, meanwhile: 'another is cut in its place' },
};

/** Those that have no way to sleep, or none that anybody has published. */
const readOnly: ReadonlySet<Kind> = new Set(['elphapex', 'innosilicon']);

const RATED_W = 3000;
const LEVEL = 0.55;
/** Longer than the longest pause between two tries. */
const HEALED_MS = 50_000;
const EVENT_S = 120;
/** Of this process. */
let events = 0;

/** Those with whom people run whole sites. All others are of the second rank, newcomers too. */
export const firstRank: readonly Kind[] = ['whatsminer', 'whatsminer-v3', 'luxos', 'braiins', 'vnish', 'antminer'];

/** Declares the tests of these kinds. */
export function testEvents(kinds: readonly Kind[]): void {
  after(() => console.log(`${events} events over ${kinds.length} kinds of miners`));
  for (const kind of kinds.filter((each) => readOnly.has(each))) {
    test(`${kind}: has no way to sleep, and is left as it is by an event`, async () => {
      const world = await worldOf(kind).start();
      const id = await cut(world);
      await world.clock.advance(60_000);
      assert.equal(world.phases(id).at(-1), 'partial');
      for (const { asleep, writes } of world.rack.miners) assert.deepEqual([asleep, writes], [false, []]);
      await world.stop();
    });
  }

  for (const kind of kinds.filter((each) => !readOnly.has(each))) {
    test(`${kind}: a sound one is cut, proved by the meter and restored`, async () => {
      const world = await worldOf(kind).start();
      const id = await cut(world);
      await world.clock.advance(60_000);
      assert.ok(subject(world).asleep);
      assertUnder(world);
      assert.equal(world.phases(id).at(-1), 'holding');
      await assertRestored(world, id);
    });

    for (const key of Object.keys(subject(worldOf(kind)).faults)) {
      const row = faults[key];
      test(`${kind}: ${key}`, async () => {
        assert.ok(row, `the simulator of ${kind} can fail by ${key}: say in the table what becomes of an event then`);
        await throughFault(worldOf(kind), key, row);
      });
    }

    test(`${kind}: one that reboots as it is told to sleep is cut, and comes home`, async () => {
      const world = await worldOf(kind).start();
      const miner = subject(world);
      miner.onWrite = () => {
        miner.onWrite = () => {};
        miner.reboot();
      };
      const id = await cut(world);
      await world.clock.advance(60_000 + HEALED_MS);
      assert.ok(miner.asleep);
      assertUnder(world);
      await assertRestored(world, id);
    });
  }
}

/** The fault is there before the agent, so that what the agent knows of a sound one does not carry it through. */
async function throughFault(world: World, key: string, { value, meanwhile, replugged, once }: Row): Promise<void> {
  const miner = subject(world);
  const sound = { ...miner.faults };
  Object.assign(miner.faults, { [key]: value });
  await world.start();
  const id = await cut(world);
  await world.clock.advance(60_000);
  assertUnder(world);
  if (meanwhile !== 'one of them is cut') assert.equal(miner.asleep, meanwhile === 'it is cut', 'while it fails');
  if (replugged) {
    assert.deepEqual(miner.writes, []);
    miner.faults.refusesConnections = true;
    await world.clock.advance(10_000);
  }
  Object.assign(miner.faults, sound);
  await world.clock.advance(HEALED_MS);
  if (!once) assert.ok(miner.asleep, 'it is asked on and on');
  assertUnder(world);
  await assertRestored(world, id);
}

/** A sound miner, and the one that the table is about, which is worth less. */
export function worldOf(kind: Kind): World {
  const miners = ['m01', 'm02'].map((id) => ({ id, kind, ratedW: RATED_W }) as MinerOptions);
  return new World({ miners, policy: { limits: { restore_window_s: 5 } } });
}

export function subject({ rack }: World): SimulatedMiner {
  const miner = rack.miners[1];
  assert.ok(miner);
  return miner;
}

async function cut(world: World): Promise<string> {
  events++;
  return (await world.issue({ kind: 'ceiling', fraction: LEVEL }, { forS: EVENT_S })).id;
}

function assertUnder({ rack }: World): void {
  assert.ok(rack.watts() <= LEVEL * 2 * RATED_W, `${rack.watts()} W`);
}

async function assertRestored(world: World, id: string): Promise<void> {
  for (let i = 0; i < 20 && world.phases(id).at(-1) !== 'restored'; i++) await world.clock.advance(20_000);
  assert.equal(world.phases(id).at(-1), 'restored');
  for (const { spec, asleep, settledW } of world.rack.miners)
    assert.deepEqual([asleep, settledW], [false, spec.ratedW]);
  await world.stop();
}
