import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as graphql from './graphql-reading.ts';
import { identityOf, isRestVersion, readingOf, targetRange } from './reading.ts';

describe('over REST', () => {
  test('asleep is the miner’s own status', () => {
    const asleep = (status: number) => readingOf({ 'miner/details': { status } }).asleep;
    assert.deepEqual([0, 1, 2, 3, 4, 5].map(asleep), [undefined, true, false, true, undefined, false]);
    assert.equal(readingOf({ 'miner/details': {} }).asleep, undefined);
  });

  test('a quantity in another unit than the one expected is absent', () => {
    const stats = (consumption: object) => ({ power_stats: { approximated_consumption: consumption } });
    const watts = (consumption: object) => readingOf({ 'miner/details': {}, 'miner/stats': stats(consumption) }).powerW;
    assert.deepEqual([watts({ watt: 3480 }), watts({ kilowatt: 3.48 })], [3480, undefined]);
  });

  test('each complaint is told once, however often it came', () => {
    const message = 'Sensor hb2.1: Too many sensor errors';
    const errors = [{ message }, { message }, { message: 'fan lost' }];
    assert.deepEqual(readingOf({ 'miner/details': {}, 'miner/errors': { errors } }).faults, [message, 'fan lost']);
  });

  test('a field of another type is named with its path', () => {
    assert.throws(() => readingOf({ 'miner/details': { status: 'normal' } }), {
      kind: 'malformed',
      message: /"status" of the reply to miner\/details/,
    });
    assert.throws(() => readingOf({ 'miner/details': 'none' }), { kind: 'malformed' });
  });

  test('a WhatsMiner with Braiins OS is one', () => {
    assert.equal(identityOf({ miner_identity: { brand: 2, name: 'M50' } }).make, 'MicroBT');
  });

  test('the range of targets is what the miner takes, or not known', () => {
    const constraints = (power_target: object) => ({ tuner_constraints: { power_target } });
    const given = { default: { watt: 3000 }, min: { watt: 900 }, max: { watt: 3600 } };
    const range = { min: 900, max: 3000, step: 1, unit: 'watts' };
    assert.deepEqual(targetRange(constraints(given)), { range, most: 3600 });
    assert.equal(targetRange(constraints({ min: { watt: 900 } })), undefined);
    assert.equal(targetRange({}), undefined);
  });

  test('cgminer’s reply to a command of the same name is not a version of it', () => {
    assert.equal(isRestVersion({ major: 1, minor: 3, patch: 0 }), true);
    assert.equal(isRestVersion({ VERSION: [{ API: '3.7' }] }), false);
  });
});

describe('over GraphQL', () => {
  const reading = (info: unknown) => graphql.readingOf({ bosminer: { info } }, undefined);

  test('asleep is that nothing works, and not that nothing is hashed', () => {
    assert.equal(reading({ workSolver: null }).asleep, true);
    assert.equal(reading(null).asleep, true);
    assert.equal(reading({ workSolver: { realHashrate: { mhs5S: 0 } } }).asleep, false);
    assert.equal(graphql.readingOf({}, undefined).asleep, undefined);
  });

  test('temperatures go by both of their names, and fans that are not there are left out', () => {
    const named = (board: string, chip: string) => ({
      temperatures: [
        { name: board, degreesC: 51 },
        { name: chip, degreesC: 66 },
        { name: 'INLET', degreesC: 37 },
      ],
    });
    const { boardC, chipMaxC, fanRpm } = reading({
      workSolver: { childSolvers: [named('Board', 'Chip'), named('MAX_BOARD', 'MAX_CHIP')] },
      fans: [{ rpm: 4080 }, { rpm: 0 }],
    });
    assert.deepEqual([boardC, chipMaxC, fanRpm], [[51, 51], 66, [4080]]);
  });

  test('of what it appeals about only errors are faults', () => {
    const appeals = [
      { kind: 'ERROR', message: 'chain lost' },
      { kind: 'INFO', message: 'tuned' },
    ];
    assert.deepEqual(graphql.readingOf({}, { events: { appeals } }).faults, ['chain lost']);
  });
});
