import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '#agent/decide/decide.ts';
import { emptyMemory } from '#agent/decide/plan.ts';
import { MemoryRecordings } from '#test/support/memory-recordings.ts';
import { after, miner, policyOf, RACK, rackOf } from '#test/support/pictures.ts';
import { Recorder } from './recorder.ts';
import { readLine } from './recording.ts';

function kinds(lines: readonly string[] | undefined): string[] {
  return (lines ?? []).map((text) => {
    const read = readLine(text);
    return read.kind === 'ok' ? read.line.kind : read.why;
  });
}

function recorderTo(sink: MemoryRecordings): Recorder {
  const policy = policyOf();
  const recorder = new Recorder({ rack: RACK, version: '0.0.0', policy: () => policy, sink });
  recorder.switch(true);
  return recorder;
}

function turnAt(s: number) {
  const picture = rackOf([miner('m01')]);
  const at = after(s);
  return { at, picture, ...decide(picture, policyOf(), emptyMemory, at, RACK) };
}

test('a new part begins every hour, so that what is old can be forgotten by the file', () => {
  const lines = new MemoryRecordings();
  const recorder = recorderTo(lines);
  for (const s of [0, 1, 3599, 3600, 3601]) recorder.turned(turnAt(s));
  assert.deepEqual(kinds(lines.parts[0]), ['part', 'turn', 'turn', 'turn']);
  assert.deepEqual(kinds(lines.parts[1]), ['part', 'turn']);
});

test('a turn that decides as the one before costs a few bytes', () => {
  const lines = new MemoryRecordings();
  const recorder = recorderTo(lines);
  for (const s of [0, 1, 2, 3]) recorder.turned(turnAt(s));
  const [, first, ...rest] = lines.parts[0] ?? [];
  assert.match(first ?? '', /"plan"/);
  for (const text of rest) assert.ok(text.length < 80, text);
});

test('a recording of another version, or what is none, is refused with the reason', () => {
  assert.deepEqual(readLine('{"kind":"part","v":2}'), {
    kind: 'bad',
    why: 'this version reads recordings of version 1, not 2',
  });
  assert.equal(readLine('{"kind":"seen"}').kind, 'bad');
  assert.equal(readLine('half a li').kind, 'bad');
});
