import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holderOf, lockHolder, programName } from './flock-holder.ts';

const locks = [
  '1: POSIX  ADVISORY  WRITE 4021 08:01:5 0 EOF',
  '2: FLOCK  ADVISORY  WRITE 812 00:18:5 0 EOF',
  '2: -> FLOCK  ADVISORY  WRITE 977 00:18:5 0 EOF',
  '3: FLOCK  ADVISORY  WRITE 813 103:1a:5 0 EOF',
  '',
].join('\n');

test('the holder of a port is found by device and inode', () => {
  assert.equal(lockHolder(locks, 0x18, 5), 812);
  assert.equal(lockHolder(locks, (0x103 << 8) | 0x1a, 5), 813);
});

test('a lock of another kind, or of another file, names nobody', () => {
  assert.equal(lockHolder(locks, 0x0801, 5), undefined);
  assert.equal(lockHolder(locks, 0x18, 6), undefined);
});

test('for a file that is not there nobody is named', async () => {
  assert.equal(await holderOf('/dev/no-such-port'), undefined);
});

test('a holder is called as people know it: the agent is ballast, whatever Node.js calls its threads', () => {
  assert.equal(programName('mbpoll\n', 'mbpoll\0-m\0rtu\0'), 'mbpoll');
  assert.equal(
    programName('MainThread\n', '/usr/lib/ballast/node\0--trace\0/opt/agent/cli/ballast.ts\0agent\0'),
    'ballast',
  );
  assert.equal(programName('MainThread\n', ''), 'MainThread');
});
