import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import { VirtualClock } from '#test/support/virtual-clock.ts';
import type { HttpRequest } from './http.ts';
import { HttpLine } from './http.ts';
import { DigestLine } from './http-digest.ts';
import { Password } from './password.ts';

const mufasa = { username: 'Mufasa', password: 'Circle of Life' };
const get: HttpRequest = { method: 'GET', path: '/dir/index.html', timeoutMs: 5000 };
const never = new AbortController().signal;

describe('the answer to a challenge is that of the published example', () => {
  const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
  const opaque = 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS';
  const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
  const offer = (algorithm: string) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="${nonce}", opaque="${opaque}"`;

  test('of RFC 7616, 3.9.1, with MD5', async () => {
    const { ask, seen } = open([offer('MD5')], cnonce);
    await ask();
    assert.equal(
      seen[1],
      `Digest username="Mufasa", realm="http-auth@example.org", nonce="${nonce}", uri="/dir/index.html", ` +
        `algorithm=MD5, response="8ca523f5e9506fed4657c9700eebdbec", opaque="${opaque}", qop=auth, nc=00000001, ` +
        `cnonce="${cnonce}"`,
    );
  });

  test('of RFC 7616, 3.9.1, with SHA-256, which is taken where both are offered', async () => {
    for (const offers of [[offer('MD5'), offer('SHA-256')], [`${offer('MD5')}, ${offer('SHA-256')}`]]) {
      const { ask, seen } = open(offers, cnonce);
      await ask();
      assert.match(seen[1] ?? '', /response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"/);
    }
  });

  test('of RFC 2617, 3.5, whose device names no algorithm', async () => {
    const old =
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
    const { ask, seen } = open([old], '0a4f113b', { username: 'Mufasa', password: 'Circle Of Life' });
    await ask();
    assert.match(seen[1] ?? '', /response="6629fae49393a05397450978507c4ef1"/);
  });
});

test('a device of before RFC 2617, which counts nothing, is answered without a count', async () => {
  const { ask, seen } = open(['Digest realm="r", nonce="n"'], 'c');
  await ask();
  assert.match(seen[1] ?? '', /^Digest username="Mufasa", realm="r", nonce="n", uri="[^"]+", response="[0-9a-f]{32}"$/);
});

test('a warm request costs one round trip, and each one counts on', async () => {
  const { ask, seen } = open(['Digest realm="antMiner Configuration", nonce="n1", qop="auth"']);
  await ask();
  await ask();
  await ask();
  assert.deepEqual(
    seen.map((header) => /nc=(\d+)/.exec(header ?? '')?.[1]),
    [undefined, '00000001', '00000002', '00000003'],
  );
});

test('a nonce that the device has forgotten is replaced', async () => {
  const { ask, seen, device } = open(['Digest realm="r", nonce="n1", qop="auth"']);
  await ask();
  device.nonce = 'n2';
  device.offers = ['Digest realm="r", nonce="n2", qop="auth", stale=true'];
  assert.equal((await ask()).status, 200);
  assert.deepEqual(
    seen.map((header) => /nonce="(n\d)".*nc=(\d+)/.exec(header ?? '')?.slice(1)),
    [undefined, ['n1', '00000001'], ['n1', '00000002'], ['n2', '00000001']],
  );
});

test('the nonce that the device names for the next request is used there', async () => {
  const { ask, seen, device } = open(['Digest realm="r", nonce="n1", qop="auth"']);
  device.info = 'qop=auth, nextnonce="n2"';
  await ask();
  device.nonce = 'n2';
  await ask();
  assert.match(seen[2] ?? '', /nonce="n2".*nc=00000001/);
});

test('a wrong password is tried once with a fresh challenge, and named without being told', async () => {
  const { ask, seen, device } = open(['Digest realm="r", nonce="n1", qop="auth"']);
  device.nonce = undefined;
  await assert.rejects(ask(), (error: Error) => {
    assert.match(error.message, /does not accept the password of Mufasa/);
    assert.doesNotMatch(error.message, /Circle/);
    return true;
  });
  assert.equal(seen.length, 2);
});

test('a log-in of another kind is named', async () => {
  const { ask } = open(['Basic realm="r"', 'Digest realm="r", nonce="n", algorithm=SHA-512-256']);
  await assert.rejects(ask(), { kind: 'unauthorised', message: /does not know \(basic, digest\)/ });
});

/** A web server that wants a digest with its present nonce, and lists what it was sent in `seen`. */
function open(offers: string[], cnonce = 'c', { username, password } = mufasa) {
  const seen: (string | undefined)[] = [];
  const device = {
    offers,
    nonce: /nonce="([^"]*)"/.exec(offers[0] ?? '')?.[1],
    info: undefined as string | undefined,
  };
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    seen.push(authorization);
    const accepted = device.nonce !== undefined && authorization?.includes(`nonce="${device.nonce}"`);
    if (!accepted) response.writeHead(401, { 'www-authenticate': device.offers });
    else if (device.info !== undefined) response.setHeader('authentication-info', device.info);
    response.end();
  });
  const connect = async () => {
    const [ours, theirs] = duplexPair();
    server.emit('connection', theirs);
    return ours;
  };
  const line = new HttpLine({ host: '10.0.1.11', port: 80, connect, clock: new VirtualClock() });
  const secret = new Password('m01.pw', { secret: async () => password });
  const digest = new DigestLine(line, username, secret, () => cnonce);
  return { seen, device, ask: () => digest.ask(get, never) };
}
