import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOf, kickedBy } from './broker-words.ts';

const config = { url: 'mqtts://user:pass@broker-a:8883', clientId: 'r07', username: 'rack' };
const coded = (code: string | number, message = 'x') => Object.assign(new Error(message), { code });
const BROKER = 'broker mqtts://broker-a:8883';
const CLOSED_EARLY =
  'closed the connection without a greeting: is this a TLS port, and does it accept our certificate?';

const cases: [name: string, problem: unknown, greeted: boolean, kind: string, reason: string][] = [
  ['a refused MQTT version', coded(132), false, 'version', 'refused the MQTT version'],
  ['a version refused in the words of 3.1.1', coded(1), false, 'version', 'refused the MQTT version'],
  ['a hang-up instead of a greeting', undefined, false, 'silent', CLOSED_EARLY],
  ['a reset instead of a greeting', coded('ECONNRESET'), false, 'silent', CLOSED_EARLY],
  ['a reset later on', coded('ECONNRESET'), true, 'other', 'reset the connection'],
  ['a wrong password', coded(4), false, 'other', 'refused user name rack: wrong user name or password'],
  ['missing rights', coded(135), false, 'other', 'refused user name rack: not authorised'],
  ['an unknown host', coded('ENOTFOUND'), false, 'other', 'cannot be found: no such host name'],
  ['a dead peer', new Error('Keepalive timeout'), true, 'other', 'stopped answering'],
  [
    'a refused client certificate',
    coded(
      'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN',
      '40:error:0A0:SSL routines:ssl3_read_bytes:ssl/tls alert certificate unknown:../a.c:1',
    ),
    false,
    'other',
    'and we could not agree on TLS: ssl/tls alert certificate unknown',
  ],
  ['anything else', new Error('out of luck'), true, 'other', 'failed: out of luck'],
  ['a kick', kickedBy(152, config), true, 'other', 'ended the session: an administrator ended it'],
  ['an unlisted kick', kickedBy(131, config), true, 'other', 'ended the session: reason code 131'],
];

for (const [name, problem, greeted, kind, reason] of cases) {
  test(`${name} is said in plain words and without the password`, () => {
    assert.deepEqual(endOf(problem, greeted, config), { kind, reason: `${BROKER} ${reason}` });
  });
}

test('a plain session to a TLS port, and a broker of an unknown authority, say what to write', () => {
  const reasonOf = (code: string, change: object) => endOf(coded(code), false, { ...config, ...change }).reason;
  assert.match(reasonOf('ECONNRESET', { url: 'mqtt://b:8883' }), /is this a TLS port, for mqtts:\/\/ or wss:\/\/\?$/);
  assert.match(reasonOf('UNABLE_TO_VERIFY_LEAF_SIGNATURE', {}), /name its authority as ca$/);
  assert.match(reasonOf('UNABLE_TO_VERIFY_LEAF_SIGNATURE', { ca: 'pem' }), /the ca file does not vouch for$/);
  assert.match(reasonOf('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', {}), /wants a client certificate/);
});
