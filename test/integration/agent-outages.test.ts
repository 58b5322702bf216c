/** What becomes of an event, and of the rack's name, when the broker or the agent dies in the middle of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Order } from '#protocol/order.ts';
import type { AppliedOrder } from '#protocol/telemetry.ts';
import type { Mosquitto } from './support/mosquitto.ts';
import { startMosquitto } from './support/mosquitto.ts';
import { needs } from './support/needs.ts';
import { startRelay } from './support/relay.ts';
import type { Site } from './support/site.ts';
import { loseJournal, openSite } from './support/site.ts';
import { isAt, openWatcher } from './support/watcher.ts';

const patience = { ...needs('mosquitto', 'mosquitto'), timeout: 60_000 };

for (const durable of [false, true]) {
  const what = durable ? 'keeps its disk' : 'forgets everything';
  test(`a broker that restarts in mid-event and ${what} moves no miner, and the event goes on`, patience, async (t) => {
    const broker = await startMosquitto(undefined, { durable });
    t.after(() => broker.remove());
    const site = await openSite(t, { url: broker.url });
    const { watcher, issuer } = site;
    await site.startReady();
    const order = await held(site);
    const before = { writes: site.writes(), asleep: site.asleep() };

    await broker.stop();
    const board = boardAgain(site, order);
    const back = watcher.next('state', ({ status, connection }) => status === 'online' && connection > 1);
    const kept = durable ? watcher.next('orderAll', ({ id }) => id === order.id) : undefined;
    await broker.start();
    await Promise.all([back, board, kept]);

    const repeat = watcher.next('ack', ({ id, result }) => id === order.id && result === 'repeat');
    await issuer.publish(order);
    await repeat;
    assert.deepEqual({ writes: site.writes(), asleep: site.asleep() }, before);
    await released(site);
  });
}

test('a killed agent is offline by its will, and the next one online with a higher boot', patience, async (t) => {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  const site = await openSite(t, { url: broker.url });
  const first = site.start();
  const born = await site.watcher.first('state', ({ status }) => status === 'online');

  const will = site.watcher.next('state');
  await first.kill();
  const dead = await will;
  assert.deepEqual({ ...dead, at: born.at }, { ...born, status: 'offline' });

  const birth = site.watcher.next('state');
  site.start();
  const again = await birth;
  assert.equal(again.status, 'online');
  assert.ok(again.boot > born.boot);
  assert.notEqual(again.instance, born.instance);
});

test('the will of an agent long dead does not stand against the one that runs', patience, async (t) => {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  const relay = await startRelay(broker.port);
  t.after(() => relay.close());
  const site = await openSite(t, { url: broker.url, agentUrls: [`mqtt://127.0.0.1:${relay.port}`] });
  const { watcher } = site;
  const first = site.start();
  const born = await watcher.first('state', ({ status }) => status === 'online');
  const tellBroker = relay.strand();
  await first.kill();
  const second = watcher.next('state', ({ status }) => status === 'online');
  site.start();
  const { instance } = await second;

  const will = watcher.next('state', (state) => state.status === 'offline' && state.instance === born.instance);
  const corrected = watcher.next('state', (state) => state.status === 'online' && state.instance === instance);
  tellBroker();
  await will;
  await corrected;
  const newcomer = await openWatcher(broker.url, 5);
  t.after(() => newcomer.stop());
  const { status } = await newcomer.first('state');
  assert.equal(status, 'online');
});

test('an agent killed in mid-event goes on from its journal and cuts no miner twice', patience, async (t) => {
  const broker = await startMosquitto();
  t.after(() => broker.remove());
  const site = await openSite(t, { url: broker.url });
  const { watcher } = site;
  const first = await site.startReady();
  const order = await held(site);
  const cuts = site.writes();
  const before = await watcher.first('applied', isAt(order, 'holding'));
  await first.kill();

  const looked = site.rack.miners.map(({ spec }) =>
    watcher.next('device', ({ device, state }) => device === spec.id && state !== 'unknown'),
  );
  const repeat = watcher.next('ack', ({ id, result }) => id === order.id && result === 'repeat');
  const applied = watcher.next('applied', isAt(order, 'holding'));
  site.start();
  await Promise.all([...looked, repeat]);
  assert.deepEqual((await applied).orders.map(frozen), before.orders.map(frozen));
  await released(site);
  assert.deepEqual(
    site.writes().map((commands, i) => commands.slice(cuts[i]?.length)),
    [[], ['set_power_pct'], ['power_on'], ['power_on']],
  );
});

const losses: [what: string, lose: (site: Site, broker: Mosquitto) => Promise<void>][] = [
  ['the broker forgets the order meanwhile', restart],
  ['its journal is lost', loseJournal],
];

for (const [what, lose] of losses) {
  test(`an agent killed before the meter proves its cut proves it afterwards, though ${what}`, patience, async (t) => {
    const broker = await startMosquitto();
    t.after(() => broker.remove());
    const site = await openSite(t, { url: broker.url });
    const { watcher, issuer } = site;
    const first = await site.startReady();
    const order = await issuer.order({ kind: 'ceiling', fraction: 0.4 });
    const before = await watcher.first('applied', isAt(order, 'acknowledged'));
    await first.kill();
    assert.ok(!watcher.phases(order).includes('metered'));

    await lose(site, broker);
    site.start();
    await watcher.phase(order, 'holding');
    const after = await watcher.first('applied', isAt(order, 'holding'));
    assert.ok(before.orders[0]?.baseline_w);
    assert.equal(after.orders[0]?.baseline_w, before.orders[0].baseline_w);
    await released(site);
  });
}

async function restart(_site: Site, broker: Mosquitto): Promise<void> {
  await broker.stop();
  await broker.start();
}

async function held({ issuer, watcher }: Site): Promise<Order> {
  const order = await issuer.order({ kind: 'ceiling', fraction: 0.4 });
  await watcher.phase(order, 'holding');
  return order;
}

async function released({ issuer, watcher, asleep }: Site): Promise<void> {
  const release = await issuer.order({ kind: 'release' });
  await watcher.phase(release, 'restored');
  assert.deepEqual(asleep(), []);
}

/** What a restart must not touch. */
function frozen({ order, baseline_w, baseline_method, reached }: AppliedOrder) {
  return { order, baseline_w, baseline_method, acting: reached.acting, metered: reached.metered };
}

/** Every retained topic of the rack, heard once more. */
async function boardAgain({ watcher, rack }: Site, order: Order): Promise<unknown> {
  return Promise.all([
    watcher.next('info'),
    watcher.next('power', ({ line_w }) => line_w !== null),
    watcher.next('applied', isAt(order, 'holding')),
    ...rack.miners.map(({ spec }) => watcher.next('device', ({ device }) => device === spec.id)),
  ]);
}
