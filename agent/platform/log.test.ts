import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLog } from './log.ts';

function listen() {
  const lines: Record<string, unknown>[] = [];
  return { lines, to: { write: (line: string) => void lines.push(JSON.parse(line)) } };
}

test('a line carries its level in words, its time, its message and its detail', () => {
  const { lines, to } = listen();
  openLog('info', to).warn({ device: 'm01', power_w: 3400 }, 'over its limit');
  const { time, ...rest } = lines[0] ?? {};
  assert.deepEqual(rest, { level: 'warn', device: 'm01', power_w: 3400, msg: 'over its limit' });
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
});

test('secrets never reach the log, however they are nested', () => {
  const { lines, to } = listen();
  const log = openLog('info', to).child({ rack: 'r07' });
  log.info({ password: 'p4ss', miner: { token: 'p4ss', login: { salt: 'p4ss', sign: 'p4ss' } } }, 'opened');
  assert.ok(!JSON.stringify(lines).includes('p4ss'));
  assert.equal(lines[0]?.['rack'], 'r07');
});

test('an error is logged with its message and stack', () => {
  const { lines, to } = listen();
  openLog('info', to).error({ error: new Error('no such unit') }, 'read failed');
  const error = lines[0]?.['error'] as { message: string; stack: string };
  assert.equal(error.message, 'no such unit');
  assert.match(error.stack, /log\.test\.ts/);
});

test('a line below the level is not written', () => {
  const { lines, to } = listen();
  openLog('warn', to).info({}, 'hello');
  assert.equal(lines.length, 0);
});
