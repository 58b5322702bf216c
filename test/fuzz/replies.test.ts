/**
 * 100,000 broken replies to the adapters of the registry: each ends in an `AdapterError` or in words that can be relied
 * upon. The replies are those of the simulated miners, so a new firmware is in as soon as it is in `minerKinds`.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Clock, Connect, Device, DeviceReading, Identity } from '#adapters/contract.ts';
import { AdapterError } from '#adapters/errors.ts';
import { adapterNamed } from '#adapters/registry.ts';
import { systemClock } from '#agent/platform/clock.ts';
import type { MinerOptions, SimulatedMiner } from '#test/simulator/miners.ts';
import { minerKinds } from '#test/simulator/miners.ts';
import { createRack } from '#test/simulator/rack.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import type { Dice } from './mutate.ts';
import { bloated, damaged, dice, withoutOneValue } from './mutate.ts';
import type { Conversation } from './wire.ts';
import { answering, tapped } from './wire.ts';

const TOTAL = 100_000;
const perKind = Math.ceil(TOTAL / minerKinds.length);
const BLOATED_PER_KIND = 40;
const count = { tried: 0, refused: 0, read: 0 };
after(() => console.log(`${count.tried} broken replies: ${count.refused} refused, ${count.read} read`));

for (const [at, kind] of minerKinds.entries()) {
  test(`${kind}: what is not known is not zero`, async () => {
    const { identity, reading, replies } = await listen(kind);
    const zeros = zerosIn(reading);
    await shake(kind, replies, perKind / 2, dice(at), withoutOneValue, (outcome) => {
      assertWhole(outcome);
      assert.deepEqual(
        zerosIn(outcome).filter((field) => !zeros.includes(field)),
        [],
      );
    });
    assert.ok(identity.make);
  });

  test(`${kind}: a damaged reply is refused, or read as far as it goes`, async () => {
    const { replies } = await listen(kind);
    await shake(kind, replies, perKind / 2, dice(1000 + at), damaged, assertWhole);
  });

  // What took the square of it would take the runner's patience: there is no clock here.
  test(`${kind}: a reply that goes on and on takes no more time than its length`, async () => {
    const { replies } = await listen(kind);
    await shake(kind, replies, BLOATED_PER_KIND, dice(2000 + at), bloated, assertWhole);
  });
}

type Outcome = Identity | DeviceReading;

/** What a sound miner of that kind says to its adapter. */
async function listen(kind: SimulatedMiner['kind']) {
  const miners = [{ id: 'm01', kind, timing: { replyMs: 0 } } as MinerOptions];
  const rack = createRack({ clock: systemClock, miners });
  const replies: Conversation = new Map();
  const device = open(rack.miners[0], tapped(rack.connect.bind(rack), replies), systemClock);
  const identity = await device.identify();
  const reading = await device.read();
  await device.stop();
  await rack.stop();
  assert.ok(replies.size > 0, 'the conversation was overheard');
  return { identity, reading, replies };
}

/** Breaks one reply of the conversation at a time, and looks at what the adapter makes of it. */
async function shake(
  kind: SimulatedMiner['kind'],
  replies: Conversation,
  times: number,
  roll: Dice,
  broken: (words: string, roll: Dice) => string,
  look: (outcome: Outcome) => void,
): Promise<void> {
  const miner = createRack({ clock: systemClock, miners: [{ id: 'm01', kind } as MinerOptions] }).miners[0];
  const keys = [...replies.keys()];
  let current = replies;
  const device = open(
    miner,
    answering(() => current),
    new VirtualClock(),
  );
  for (let at = 0; at < times; at++) {
    const key = keys[roll(keys.length)] ?? '';
    const words = broken(replies.get(key) ?? '', roll);
    current = new Map(replies).set(key, words);
    count.tried += 1;
    try {
      look(await (roll(3) === 0 ? device.identify() : device.read()));
      count.read += 1;
    } catch (error) {
      if (!(error instanceof AdapterError))
        throw new Error(`after ${key} was answered with ${words.slice(0, 300)}`, { cause: error });
      count.refused += 1;
    }
  }
  await device.stop();
}

function open(miner: SimulatedMiner | undefined, connect: Connect, clock: Clock): Device {
  assert.ok(miner);
  const { entry, spec, passwordFile } = miner;
  const adapter = adapterNamed(entry.adapter);
  assert.ok(adapter, `${entry.adapter} is in the registry`);
  const silent = () => undefined;
  const log = { debug: silent, info: silent, warn: silent };
  const options = adapter.options.parse({
    host: spec.host,
    port: spec.port,
    password_file: passwordFile,
    ...entry,
    adapter: undefined,
  });
  return adapter.open(options, { id: spec.id, clock, log, connect, secret: async () => spec.password });
}

/** Every number is one, and every text no longer than a message may be. */
function assertWhole(outcome: Outcome): void {
  for (const [field, value] of Object.entries(outcome)) {
    for (const leaf of leavesOf(value)) {
      const isText = typeof leaf === 'string' && leaf.length <= LONGEST_TEXT;
      assert.ok(Number.isFinite(leaf) || typeof leaf === 'boolean' || isText, `${field}: ${String(leaf)}`);
    }
  }
}

/** Characters: a code and the device's own words, each as long as `fields.ts` lets them be. */
const LONGEST_TEXT = 600;

function leavesOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [value];
}

/** Fields that say zero; that a reply needed no repairs is one of those. */
function zerosIn(outcome: Outcome): string[] {
  return Object.entries(outcome)
    .filter(([field, value]) => field !== 'repairs' && (value === 0 || (Array.isArray(value) && value.includes(0))))
    .map(([field]) => field);
}
