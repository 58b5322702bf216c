import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { Aedes } from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { BrokerConfig, BrokerSession } from '#agent/platform/broker.ts';
import { openBroker } from '#agent/platform/broker.ts';
import { systemClock } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';
import { Inbox } from '#test/support/inbox.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { needs } from './support/needs.ts';
import { startRelay } from './support/relay.ts';

const withMosquitto = needs('mosquitto', 'mosquitto');
const withOpenssl = { ...needs('mosquitto openssl', 'mosquitto', 'openssl'), timeout: 30_000 };
const patience = { ...withMosquitto, timeout: 30_000 };

type Event =
  | { kind: 'online'; connection: number; protocol: 4 | 5; refused: string[] }
  | { kind: 'offline'; reason: string }
  | { kind: 'message'; topic: string; text: string; retained: boolean };

/** A session that writes down what it sees, and ends with the test. */
function open(t: TestContext, config: Partial<BrokerConfig> & { url: string }, filters = ['order/#']) {
  const events = new Inbox<Event>();
  const session = openBroker(
    { clientId: 'r07', ...config },
    {
      will: (connection) => ({ topic: 'state/r07', payload: `offline ${connection}`, retain: true }),
      subscriptions: () => filters,
      online: (info) => events.push({ kind: 'online', ...info }),
      offline: (reason) => events.push({ kind: 'offline', reason }),
      message: (topic, payload, retained) =>
        events.push({ kind: 'message', topic, text: Buffer.from(payload).toString(), retained }),
    },
    { clock: systemClock, log: openLog('silent'), random: () => 0.02 },
  );
  t.after(() => session.stop());
  session.start();
  return { session, events, online: () => events.next(isOnline), message: (text: string) => says(events, text) };
}

const isOnline = (event: Event) => event.kind === 'online';
const isOffline = (event: Event) => event.kind === 'offline';
const says = (events: Inbox<Event>, text: string) =>
  events.next((event) => event.kind === 'message' && event.text === text);
const texts = (events: Inbox<Event>) => events.all.flatMap((event) => (event.kind === 'message' ? [event.text] : []));

async function reasonOf(events: Inbox<Event>): Promise<string> {
  const event = await events.first(isOffline);
  return event.kind === 'offline' ? event.reason : '';
}

async function mosquitto(t: TestContext, lines?: string[]) {
  const broker = await startMosquitto(lines);
  t.after(() => broker.remove());
  return broker;
}

async function listening(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const order = { topic: 'order/qse/ecrs/all', payload: 'at most 6 kW', retain: true };

test('a retained order is received again at every reconnect', patience, async (t) => {
  const broker = await mosquitto(t);
  const issuer = open(t, { url: broker.url, clientId: 'qse' }, []);
  await issuer.online();
  assert.equal(await issuer.session.publish(order), true);
  const relay = await startRelay(broker.port);
  t.after(() => relay.close());

  const agent = open(t, { url: `mqtt://127.0.0.1:${relay.port}` });
  await agent.message(order.payload);
  const again = agent.message(order.payload);
  relay.cut();
  const received = await again;

  assert.deepEqual(received, { kind: 'message', topic: order.topic, text: order.payload, retained: true });
  const steps = agent.events.all.map((event) => event.kind);
  assert.deepEqual(steps, ['online', 'message', 'offline', 'online', 'message']);
  assert.deepEqual(
    agent.events.all.flatMap((event) => (event.kind === 'online' ? [event.connection] : [])),
    [1, 2],
  );
});

test('the will of a cut session reaches the operator with the number of its connection', patience, async (t) => {
  const broker = await mosquitto(t);
  const operator = open(t, { url: broker.url, clientId: 'noc' }, ['state/+']);
  await operator.online();
  const relay = await startRelay(broker.port);
  t.after(() => relay.close());
  const agent = open(t, { url: `mqtt://127.0.0.1:${relay.port}` });
  await agent.online();

  const first = operator.message('offline 1');
  relay.cut();
  await first;
  const second = operator.message('offline 2');
  await agent.online();
  relay.cut();
  await second;
});

test('a session that stops says its last word, and its will stays unsent', patience, async (t) => {
  const broker = await mosquitto(t);
  const operator = open(t, { url: broker.url, clientId: 'noc' }, ['state/+', 'marker']);
  await operator.online();
  const agent = open(t, { url: broker.url });
  await agent.online();

  const marker = operator.message('after');
  await agent.session.stop({ topic: 'state/r07', payload: 'stopped', retain: true });
  assert.equal(await operator.session.publish({ topic: 'marker', payload: 'after', retain: false }), true);
  await marker;

  assert.deepEqual(texts(operator.events), ['stopped', 'after']);
  assert.equal(await agent.session.publish(order), false);
});

test('what was published while the broker was away never appears later', patience, async (t) => {
  const broker = await mosquitto(t);
  const agent = open(t, { url: broker.url }, ['telemetry/#']);
  await agent.online();
  const lost = agent.events.next(isOffline);
  await broker.stop();
  await lost;
  assert.equal(agent.session.online, false);
  assert.equal(await agent.session.publish({ topic: 'telemetry/power', payload: 'old', retain: false }), false);

  const back = agent.online();
  await broker.start();
  await back;
  const fresh = agent.message('new');
  assert.equal(await agent.session.publish({ topic: 'telemetry/power', payload: 'new', retain: false }), true);
  await fresh;
  assert.deepEqual(texts(agent.events), ['new']);
});

test('a payload of 100 KB is dropped and the next order still arrives', patience, async (t) => {
  const broker = await mosquitto(t);
  const agent = open(t, { url: broker.url });
  await agent.online();
  const small = agent.message(order.payload);
  await agent.session.publish({ topic: 'order/huge', payload: 'x'.repeat(100_000), retain: false });
  await agent.session.publish(order);
  await small;
  assert.deepEqual(texts(agent.events), [order.payload]);
});

test('a burst of 256 publishes is acknowledged, and the rest is turned away', patience, async (t) => {
  const broker = await mosquitto(t);
  const agent = open(t, { url: broker.url });
  await agent.online();
  const burst = Array.from({ length: 300 }, (_, index) => ({ topic: 't', payload: String(index), retain: false }));
  const results = await Promise.all(burst.map((message) => agent.session.publish(message)));
  assert.deepEqual([results.filter(Boolean).length, results.slice(0, 256).every(Boolean)], [256, true]);
});

test('a broker that takes two unacknowledged publishes never gets a third', { timeout: 30_000 }, async (t) => {
  const connackWithReceiveMaximumOf2 = Buffer.from('2006000003210002', 'hex');
  // Fixed header 2, topic 3, packet id 2, no properties 1, payload 1.
  const publishBytes = 9;
  const received = new Inbox<number>();
  const server = createServer((socket) => {
    let bytes = 0;
    socket.once('data', () => {
      socket.write(connackWithReceiveMaximumOf2);
      socket.on('data', (data) => {
        bytes += data.length;
        if (bytes >= 2 * publishBytes) socket.end();
      });
    });
    socket.on('error', () => {}).once('close', () => received.push(bytes));
  });
  const agent = open(t, { url: `mqtt://127.0.0.1:${await listening(t, server)}` }, []);
  await agent.online();
  const message = { topic: 't', payload: '1', retain: false };
  const results = await Promise.all([1, 2, 3].map(() => agent.session.publish(message)));
  assert.deepEqual(results, [false, false, false]);
  assert.equal(await received.first(), 2 * publishBytes);
});

test('an MQTT 5 broker knows how long a retained message has still to live', patience, async (t) => {
  const broker = await mosquitto(t);
  const agent = open(t, { url: broker.url });
  await agent.online();
  await agent.session.publish({ ...order, topic: 'order/brief', expiryS: 300 });
  const packet = execFileSync('mosquitto_sub', [
    '-p',
    String(broker.port),
    '-V',
    '5',
    '-t',
    'order/brief',
    '-C',
    '1',
    '-W',
    '60',
    '-F',
    '%E',
  ]);
  const leftS = Number(packet);
  assert.ok(leftS > 200 && leftS <= 300, `${leftS} s`);
});

test('an agent speaks MQTT 3.1.1 to a broker that refuses MQTT 5', { timeout: 30_000 }, async (t) => {
  const broker = await Aedes.createBroker();
  t.after(() => broker.close());
  const agent = open(t, { url: `mqtt://127.0.0.1:${await listening(t, createServer(broker.handle))}` });
  const online = await agent.online();
  assert.deepEqual(online, { kind: 'online', connection: 2, protocol: 4, refused: [] });
  const received = agent.message(order.payload);
  assert.equal(await agent.session.publish({ ...order, expiryS: 60 }), true);
  await received;
});

test('a subscription that the broker denies is named, and the others work', { timeout: 30_000 }, async (t) => {
  const broker = await Aedes.createBroker();
  broker.authorizeSubscribe = (_client, sub, done) => done(null, sub.topic === 'order/group/#' ? null : sub);
  t.after(() => broker.close());
  const url = `mqtt://127.0.0.1:${await listening(t, createServer(broker.handle))}`;
  const filters = [...Array.from({ length: 10 }, (_, index) => `order/${index}`), 'order/group/#', 'order/all'];
  const agent = open(t, { url }, filters);
  const online = await agent.online();
  assert.deepEqual(online.kind === 'online' && online.refused, ['order/group/#']);
  const received = agent.message(order.payload);
  await agent.session.publish({ ...order, topic: 'order/all' });
  await received;
});

test('a session that another client with the same id took over comes back', patience, async (t) => {
  const broker = await mosquitto(t);
  const agent = open(t, { url: broker.url });
  await agent.online();
  const lost = agent.events.next(isOffline);
  const rival = open(t, { url: broker.url });
  await lost;
  await rival.session.stop();
  await agent.online();
});

test('a broker that says why it ends a session is quoted', { timeout: 30_000 }, async (t) => {
  const connack = Buffer.from('2003000000', 'hex');
  const takenOver = Buffer.from('e0028e00', 'hex');
  const server = createServer((socket) => socket.on('error', () => {}).end(Buffer.concat([connack, takenOver])));
  const agent = open(t, { url: `mqtt://127.0.0.1:${await listening(t, server)}` }, []);
  assert.match(await reasonOf(agent.events), /ended the session: someone else connected with our client id r07/);
});

test('a broker that is not there, and one that does not know us, are told apart', patience, async (t) => {
  const strict = await mosquitto(t, ['allow_anonymous false']);
  const stranger = open(t, { url: strict.url, username: 'r07', password: 'guess' });
  assert.equal(await reasonOf(stranger.events), `broker ${strict.url} refused user name r07: not authorised`);
  const gone = createServer();
  const port = await listening(t, gone);
  gone.close();
  const lonely = open(t, { url: `mqtt://secret:secret@127.0.0.1:${port}` });
  assert.equal(await reasonOf(lonely.events), `broker mqtt://127.0.0.1:${port} refused the connection`);
});

test('a server that answers nonsense is left, asked again, and crashes nothing', { timeout: 30_000 }, async (t) => {
  const nonsense = [
    Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
    Buffer.from('20020000f00000', 'hex'),
    Buffer.alloc(9, 255),
  ];
  let visits = 0;
  const server = createServer((socket) =>
    socket.on('error', () => {}).write(nonsense[visits++ % nonsense.length] ?? ''),
  );
  const agent = open(t, { url: `mqtt://127.0.0.1:${await listening(t, server)}` });
  for (let visit = 0; visit < 6; visit++) await agent.events.next(isOffline);
  assert.equal(agent.session.online, false);
});

test('a broker behind WebSockets serves as well', { timeout: 30_000 }, async (t) => {
  const broker = await Aedes.createBroker();
  const server = createHttpServer();
  new WebSocketServer({ server }).on('connection', (socket) => broker.handle(createWebSocketStream(socket)));
  t.after(() => broker.close());
  const agent = open(t, { url: `ws://127.0.0.1:${await listening(t, server)}/mqtt` });
  await agent.online();
  const received = agent.message(order.payload);
  assert.equal(await agent.session.publish(order), true);
  await received;
});

test('TLS: a certificate that our ca vouches for is accepted, any other is refused by name', withOpenssl, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-tls-'));
  t.after(() => rm(folder, { recursive: true }));
  const [key, certificate] = [join(folder, 'broker.key'), join(folder, 'broker.pem')];
  const subject = ['-subj', '/CN=broker', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  execFileSync('openssl', [...made, ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const broker = await mosquitto(t, [`certfile ${certificate}`, `keyfile ${key}`, 'allow_anonymous true']);
  const url = `mqtts://127.0.0.1:${broker.port}`;

  const trusting = open(t, { url, ca: await readFile(certificate, 'utf8') });
  await trusting.online();
  const wary = open(t, { url, clientId: 'r08' });
  assert.equal(await reasonOf(wary.events), `broker ${url} shows a self-signed certificate: put it into the ca file`);
  const broken = open(t, { url, clientId: 'r09', certificate: 'not PEM', key: 'not PEM' });
  assert.match(await reasonOf(broken.events), /the ca, certificate or key file is not in PEM form/);
  const plain = await mosquitto(t);
  const mistaken = open(t, { url: plain.url.replace('mqtt:', 'mqtts:') });
  assert.match(await reasonOf(mistaken.events), /without a greeting: is this a TLS port/);
});

test('a session that never got through stops at once', { timeout: 30_000 }, async (t) => {
  const silent = createServer((socket) => void socket.on('error', () => {}));
  const port = await listening(t, silent);
  const connected = once(silent, 'connection');
  const session: BrokerSession = open(t, { url: `mqtt://127.0.0.1:${port}` }).session;
  const [socket] = await connected;
  const closed = once(socket.resume(), 'close');
  await session.stop({ topic: 'state/r07', payload: 'stopped', retain: true });
  await closed;
});
