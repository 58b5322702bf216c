import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Controller } from './controller.ts';
import { judgeController, readController } from './controller.ts';

const MIB = 1024 * 1024;
const board: Controller = {
  model: 'Raspberry Pi 4 Model B Rev 1.4',
  system: 'Debian GNU/Linux 12 (arm64)',
  cores: 4,
  memory: { totalBytes: 4000 * MIB, availableBytes: 3000 * MIB },
  cpuC: 47.6,
};

describe('the controller under the doctor', () => {
  test('is named in one line', () => {
    assert.deepEqual(judgeController(board), [
      {
        about: 'controller',
        verdict: 'ok',
        message: 'Raspberry Pi 4 Model B Rev 1.4, Debian GNU/Linux 12 (arm64), 4 cores, 3000 of 4000 MiB free, 48 °C',
      },
    ]);
  });

  test('that has too little memory or too little air is told how to get it', () => {
    const poor = { ...board, memory: { totalBytes: 1000 * MIB, availableBytes: 300 * MIB }, cpuC: 84 };
    const [, ...warnings] = judgeController(poor);
    assert.deepEqual(
      warnings.map(({ about, verdict, message }) => [about, verdict, message]),
      [
        ['memory', 'warn', 'only 300 MiB are free'],
        ['heat', 'warn', 'the processor has 84 °C'],
      ],
    );
    assert.ok(warnings.every(({ fix }) => fix !== undefined));
  });

  test('that tells nothing is no trouble', () => {
    const silent = { model: undefined, system: undefined, cores: 1, memory: undefined, cpuC: undefined };
    assert.deepEqual(
      judgeController(silent).map(({ message }) => message),
      ['1 core'],
    );
  });

  test('here is a machine with a system, cores and memory', async () => {
    const { system, cores, memory } = await readController();
    assert.ok(system);
    assert.ok(cores > 0);
    assert.ok(memory && memory.availableBytes > 0 && memory.availableBytes <= memory.totalBytes);
  });
});
