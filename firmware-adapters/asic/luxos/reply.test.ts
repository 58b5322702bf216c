import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openReplies, openReply } from './reply.ts';

const part = (section: string) => `[{"STATUS":[{"STATUS":"S","Code":11,"Msg":"ok"}],${section}}]`;
const error = (code: number) => `{"STATUS":[{"STATUS":"E","Code":${code},"Msg":"no way"}],"id":1}`;

test('a reply has the words of the miner and all its sections', () => {
  const text = '{"CURTAIL":[{"Action":"sleep mode"}],"STATUS":[{"STATUS":"S","Code":335,"Msg":"sent"}],"id":1}';
  const { said, body } = openReply('curtail', text);
  assert.equal(said, 'sent');
  assert.partialDeepStrictEqual(body, { CURTAIL: [{ Action: 'sleep mode' }] });
});

test('joined replies are told apart', () => {
  const text = `{"config":${part('"CONFIG":[{"Profile":"default"}]')},"power":${part('"POWER":[{"Watts":30}]')},"id":1}`;
  const { bodies, repairs } = openReplies(['config', 'power'], text);
  assert.partialDeepStrictEqual(bodies, {
    config: { CONFIG: [{ Profile: 'default' }] },
    power: { POWER: [{ Watts: 30 }] },
  });
  assert.equal(repairs, 0);
});

test('a part that the miner refuses, does not know or leaves out is absent', () => {
  const text = `{"config":${part('"CONFIG":[]')},"temps":[${error(14)}],"events":[${error(433)}],"id":1}`;
  const { bodies } = openReplies(['config', 'temps', 'events', 'fans'], text);
  assert.deepEqual([bodies['temps'], bodies['events'], bodies['fans']], [undefined, undefined, undefined]);
});

test('the first part must be there', () => {
  assert.throws(() => openReplies(['config', 'power'], `{"config":[${error(14)}],"power":${part('"POWER":[]')}}`), {
    kind: 'unsupported',
    code: 14,
  });
  assert.throws(() => openReplies(['config', 'power'], '{"id":1}'), { kind: 'malformed', message: /reply to config/ });
});

test('a part without a status is malformed', () => {
  const text = `{"config":${part('"CONFIG":[]')},"power":[{"POWER":[]}]}`;
  assert.throws(() => openReplies(['config', 'power'], text), { kind: 'malformed', message: /reply to power/ });
});

test('a request that is refused as a whole is refused', () => {
  assert.throws(() => openReplies(['config', 'power'], error(14)), { kind: 'unsupported', code: 14 });
});

test('one command alone is answered without a wrapping', () => {
  const { bodies } = openReplies(['config'], '{"STATUS":[{"STATUS":"S"}],"CONFIG":[{"Profile":"default"}],"id":1}');
  assert.partialDeepStrictEqual(bodies, { config: { CONFIG: [{ Profile: 'default' }] } });
});

test('broken JSON is repaired, and the repairs are counted', () => {
  const text = `{"config":${part('"CONFIG":[{"NameplateTHS":nan,}]')},"id":1}`;
  const { bodies, repairs } = openReplies(['config', 'power'], text);
  assert.partialDeepStrictEqual(bodies, { config: { CONFIG: [{ NameplateTHS: null }] } });
  assert.equal(repairs, 2);
});

test('of a reply whose tail is cut the whole parts are kept', () => {
  const whole = `{"config":${part('"CONFIG":[{"Profile":"default"}]')},"power":[{"POWER":[{"Watts":31`;
  const { bodies } = openReplies(['config', 'summary'], whole);
  assert.partialDeepStrictEqual(bodies, { config: { CONFIG: [{ Profile: 'default' }] } });
});

const refusals = [
  { code: 402, kind: 'refused', says: /another client holds the only session/ },
  { code: 14, kind: 'unsupported', says: /does not know the command/ },
  { code: 999, kind: 'refused', says: /a code this adapter does not know/ },
];

for (const { code, kind, says } of refusals) {
  test(`code ${code} is ${kind}, with the command, the code, the miner's words and their meaning`, () => {
    assert.throws(() => openReply('logon', error(code)), { kind, code, message: says });
    assert.throws(() => openReply('logon', error(code)), { message: new RegExp(`logon .*${code}, "no way"`) });
  });
}
