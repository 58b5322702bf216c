import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { acceptedReply, jsonOf } from './http-reply.ts';

const reply = (status: number, text: string) => ({ status, headers: {}, text });

test('a body of JSON is parsed, and its repairs are counted', () => {
  assert.deepEqual(jsonOf('summary', reply(200, '{"a":1}')), { value: { a: 1 }, repairs: 0 });
  assert.deepEqual(jsonOf('summary', reply(200, '{"a":nan,}\0')), { value: { a: null }, repairs: 3 });
});

test('a web page in the place of JSON is named by its title', () => {
  assert.throws(() => jsonOf('summary', reply(200, '<html><head><title>Login</title>')), {
    kind: 'malformed',
    message: 'summary was answered with the web page "Login", not with JSON',
  });
  assert.throws(() => jsonOf('summary', reply(200, '\n<!doctype html>')), { message: /with a web page, not/ });
  assert.throws(() => jsonOf('summary', reply(200, 'not found')), { kind: 'malformed' });
});

describe('a status that says no keeps the device’s own words', () => {
  const cases: [status: number, text: string, kind: string, message: RegExp][] = [
    [401, '', 'unauthorised', /status 401: it does not accept/],
    [403, '{"err":"bad password"}', 'unauthorised', /403, "bad password"/],
    [404, '<html><title>404 - Not Found</title>', 'unsupported', /404, "the web page "404 - Not Found""/],
    [429, '{"message":"locked"}', 'refused', /429, "locked": it has locked us out/],
    [500, '{"error":{"nested":true}}', 'refused', /500, "\{"error"/],
    [502, 'Bad Gateway', 'refused', /"Bad Gateway": its web server runs/],
    [418, '', 'refused', /418: a status this adapter does not know/],
  ];
  for (const [status, text, kind, message] of cases) {
    test(`${status}`, () => {
      assert.throws(() => acceptedReply('POST stop', reply(status, text)), { kind, code: status, message });
    });
  }

  test('and means what the firmware says it means', () => {
    const meanings = { 403: ['refused', 'the tuner is off'] } as const;
    assert.throws(() => acceptedReply('PUT target', reply(403, ''), meanings), {
      kind: 'refused',
      message: /the tuner is off/,
    });
  });
});
