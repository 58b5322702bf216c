import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openReply, sealedPart } from './v2-reply.ts';

test("a reply of btminer's own is opened to the first element of its section", () => {
  const text = '{"STATUS":[{"STATUS":"S","Code":11,"Msg":"Summary"}],"SUMMARY":[{"Power":3300}],"id":1}';
  assert.deepEqual(openReply('summary', text), {
    said: 'Summary',
    body: { Power: 3300 },
    rows: [{ Power: 3300 }],
    repairs: 0,
  });
});

test('a reply of the control process is opened to its Msg', () => {
  const text = '{"STATUS":"S","When":1,"Code":131,"Msg":{"Power":3300},"Description":""}';
  assert.deepEqual(openReply('summary', text), { said: '', body: { Power: 3300 }, repairs: 0 });
});

test('repairs are counted', () => {
  assert.equal(openReply('summary', '{"STATUS":"S","Msg":{"Power":nan,}}').repairs, 2);
});

const refusals = [
  { code: 14, kind: 'unsupported', says: /does not know the command/ },
  { code: 23, kind: 'refused', says: /could not read/ },
  {
    code: 45,
    kind: 'unauthorised',
    says: /enable the miner's API with WhatsMinerTool and replace the default password/,
  },
  { code: 132, kind: 'refused', says: /failed to carry/ },
  { code: 135, kind: 'unauthorised', says: /token/ },
  { code: 136, kind: 'refused', says: /too many tokens/ },
  { code: 137, kind: 'refused', says: /decode/ },
  { code: 999, kind: 'refused', says: /does not know/ },
];

for (const { code, kind, says } of refusals) {
  test(`code ${code} is ${kind}, with the command, the code, the device's words and their meaning`, () => {
    const text = `{"STATUS":"E","When":1,"Code":${code},"Msg":"no way","Description":""}`;
    assert.throws(() => openReply('power_off', text), { kind, code, message: says });
    assert.throws(() => openReply('power_off', text), { message: new RegExp(`power_off .*${code}, "no way"`) });
  });
}

test("an error in btminer's envelope is one too", () => {
  const text = '{"STATUS":[{"STATUS":"E","Code":14,"Msg":"invalid cmd","Description":""}],"id":1}';
  assert.throws(() => openReply('edevs', text), { kind: 'unsupported', code: 14 });
});

test('a fatal error is a refusal, a warning and an information are not', () => {
  const say = (letter: string) => `{"STATUS":"${letter}","Code":132,"Msg":"words"}`;
  assert.throws(() => openReply('power_on', say('F')), { kind: 'refused', code: 132 });
  for (const letter of ['S', 'I', 'W']) assert.equal(openReply('power_on', say(letter)).said, 'words');
});

test('a reply without a status is malformed', () => {
  for (const text of ['{}', '[]', '7', '{"STATUS":[]}', '{"STATUS":5}']) {
    assert.throws(() => openReply('status', text), { kind: 'malformed', message: /reply to status/ });
  }
});

test('a sealed reply is told from one in clear', () => {
  assert.equal(sealedPart('{"enc":"abc="}'), 'abc=');
  assert.equal(sealedPart('{"STATUS":"E","Code":45,"Msg":"permission denied"}'), undefined);
});
