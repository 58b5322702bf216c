/** A site for scenarios: a simulated rack, its agent, a broker and an issuer, all in memory and on one virtual clock. */
import assert from 'node:assert/strict';
import type { KeyObject, KeyPairKeyObjectResult } from 'node:crypto';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Host } from '#adapters/contract.ts';
import { AdapterError } from '#adapters/errors.ts';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import { parseRegisterMap } from '#adapters/modbus/register-map.ts';
import type { SerialSettings } from '#adapters/transport/serial.ts';
import { createAgent } from '#agent/agent.ts';
import { configSchema } from '#agent/config/config.ts';
import type { IssuerKeys } from '#agent/config/keys.ts';
import type { Policy } from '#agent/config/policy.ts';
import { policySchema } from '#agent/config/policy.ts';
import { kidOf } from '#agent/decide/demand/binding.ts';
import type { Agent } from '#agent/parts.ts';
import type { ClockQuality } from '#agent/platform/clock-quality.ts';
import { openIdentity } from '#agent/platform/identity.ts';
import { openLog } from '#agent/platform/log.ts';
import type { SteadyClock } from '#agent/platform/steady-clock.ts';
import { steadyClock } from '#agent/platform/steady-clock.ts';
import type { Rack } from '#agent/rack/rack.ts';
import { buildRack } from '#agent/rack/rack.ts';
import type { Order, OrderBody, Target } from '#protocol/order.ts';
import { bytesToSign, fromBase64Url, signMessage } from '#protocol/signing.ts';
import { timestampOf } from '#protocol/time.ts';
import { orderTopic } from '#protocol/topics.ts';
import type { MinerOptions } from '#test/simulator/miners.ts';
import type { SimulatedRack } from '#test/simulator/rack.ts';
import { createRack } from '#test/simulator/rack.ts';
import { Life } from '#test/support/life.ts';
import { MemoryBroker } from '#test/support/memory-broker.ts';
import { MemoryRecordings } from '#test/support/memory-recordings.ts';
import { MemoryStore } from '#test/support/memory-store.ts';
import { misfit } from '#test/support/misfit.ts';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';
import { Watcher } from '#test/support/watcher.ts';

export const SITE = 'tx1';
export const RACK = 'r07';
export const ISSUER = 'qse-north';
/** Another, who runs programs of the same names. */
export const SECOND_ISSUER = 'utility-west';

export type WorldOptions = {
  miners?: MinerOptions[];
  policy?: Record<string, unknown>;
  otherLoadsW?: number;
  noiseSeed?: number;
  /** Leaves the rack uncommissioned: it only observes. */
  observing?: boolean;
  /** Part of each device's config. */
  device?: Record<string, unknown>;
  /** A PDU whose outlet 1 feeds the first miner, 2 the second, and so on; or the miners by their outlets. */
  pdu?: boolean | Record<number, string>;
  /** What is in the controller itself: GPUs, and what runs on them. */
  machine?: { readonly host: Host; readonly devices: readonly object[]; readonly workloads: readonly object[] };
  /** Miners on another feed. */
  elsewhere?: readonly string[];
  /** How many brokers, unbridged; the rack holds a session to each. One unless said. */
  brokers?: number;
};

/** What a test may change of an order. */
export type OrderChange = Partial<OrderBody> & {
  /** From now; ten minutes unless said. */
  forS?: number;
  /** The key it is signed with. */
  kid?: string;
};

const GROUPS = ['row-a'];
const RACK_KEY = 'rack-key';
const PDU = 'pdu-a';
const map: RegisterMap = readMap('eastron-sdm630');
const pduMap: RegisterMap = readMap('gude-expert-power-control');
/** What the policy lets each issuer do. */
export const issuerPolicy = { may: ['ceiling', 'shed', 'setpoint'], programs: ['ecrs', '4cp'] };

/** The world as seen from its first broker. */
export class World extends Watcher {
  readonly clock = new VirtualClock();
  readonly brokers: readonly MemoryBroker[];
  readonly store = new MemoryStore();
  readonly recordings = new MemoryRecordings();
  readonly rack: SimulatedRack;
  /** What the kernel says of the clock. */
  clockQuality: ClockQuality = 'good';
  readonly #options: WorldOptions;
  readonly #pairs = new Map<string, KeyPairKeyObjectResult>();
  #policy: Policy;
  #agent: Agent | undefined;
  #life = new Life(this.clock);
  #steady: SteadyClock | undefined;
  #orders = 0;
  #seq = 0;

  constructor(options: WorldOptions = {}) {
    const first = new MemoryBroker();
    super(first);
    this.brokers = [first, ...Array.from({ length: (options.brokers ?? 1) - 1 }, () => new MemoryBroker())];
    this.#options = options;
    this.#policy = this.#policyWith({});
    const { miners = fourMiners, otherLoadsW = 100, noiseSeed } = options;
    const inOrder = Object.fromEntries(miners.map(({ id }, i) => [i + 1, id]));
    const outlets = typeof options.pdu === 'object' ? options.pdu : inOrder;
    this.rack = createRack({
      clock: this.clock,
      miners,
      otherLoadsW,
      ...(options.elsewhere && { elsewhere: options.elsewhere }),
      ...(options.pdu && { pdus: [{ id: PDU, outlets }] }),
      ...(noiseSeed !== undefined && { noiseSeed }),
    });
  }

  get agent(): Agent {
    assert.ok(this.#agent, 'no agent runs');
    return this.#agent;
  }

  async start(): Promise<this> {
    this.#agent = await this.#build();
    await this.#agent.start();
    // Long enough for every retained order and a first reading of everything.
    await this.clock.advance(8000);
    return this;
  }

  /** An orderly stop. Everything the rack has said by then must have been as the protocol says. */
  async stop(): Promise<void> {
    await this.#until(this.#agent?.stop());
    this.#agent = undefined;
    assert.deepEqual(
      this.brokers.flatMap(({ published }) => published.flatMap(misfit)),
      [],
    );
  }

  /** As by kill -9: from here on the agent does and says nothing, and the broker publishes its will. */
  kill(): void {
    this.#life.end();
    this.#agent = undefined;
    for (const broker of this.brokers) {
      broker.offline();
      broker.online();
    }
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Puts a changed policy in force. */
  async adopt(change: Record<string, unknown>): Promise<void> {
    this.#policy = this.#policyWith(change);
    this.agent.adopt(this.#policy, this.#issuerKeys());
    await settle();
  }

  /** Puts a config in force that has only these devices. @returns why not, or undefined. */
  async refit(devices: readonly string[]): Promise<string | undefined> {
    assert.ok(this.#steady, 'no agent runs');
    const refused = this.agent.refit(this.#hardware(this.#steady, devices), 'another');
    await this.#until(refused.then(() => {}));
    return await refused;
  }

  /** A signed order from now for ten minutes, of the first issuer unless said. */
  async order(target: Target, change: OrderChange = {}): Promise<Order> {
    const { forS = 600, kid, ...rest } = change;
    const wall = Math.floor(this.clock.wall());
    this.#seq = Math.max(wall, this.#seq + 1);
    const body: OrderBody = {
      v: 1,
      type: 'order',
      id: `o-${++this.#orders}`,
      event: 'ecrs-a',
      issuer: ISSUER,
      program: 'ecrs',
      seq: this.#seq,
      scope: { site: SITE, to: 'all' },
      issued_at: timestampOf(wall),
      intervals: [{ from: timestampOf(wall), until: timestampOf(wall + forS * 1000), target }],
      priority: 0,
      ramp: { down_w_per_s: null, up_w_per_s: null },
      deadline_s: 30,
      reason: 'a test',
      ...rest,
    };
    return await this.sign(body, kid ?? `${body.issuer}-2026`);
  }

  async sign<T extends object>(body: T, kid = `${ISSUER}-2026`, key: KeyObject = this.#pair(kid).privateKey) {
    return await signMessage(body, kid, (bytes) => sign(null, bytes, key));
  }

  /** Publishes an order, retained, on its own topic and lets the agent hear it. */
  async publish(order: Order, broker = this.broker): Promise<void> {
    const topic = orderTopic(order.scope.site, order.issuer, order.program, order.scope.to);
    broker.publish(topic, JSON.stringify(order), true);
    await settle();
  }

  async issue(target: Target, change: OrderChange = {}): Promise<Order> {
    const order = await this.order(target, change);
    await this.publish(order);
    return order;
  }

  asleep(): string[] {
    return this.rack.miners.filter((miner) => miner.asleep).map(({ spec }) => spec.id);
  }

  async #build(): Promise<Agent> {
    const { brokers, store } = this;
    this.#life = new Life(this.clock);
    const clock = steadyClock(this.#life, { quality: () => this.clockQuality, notBefore: 0 });
    this.#steady = clock;
    const log = openLog('silent');
    const identity = await openIdentity({
      journal: store.rack(RACK).journal,
      instance: 'test',
      wallMs: clock.wall(),
      log,
    });
    return createAgent({
      site: SITE,
      rackId: RACK,
      groups: GROUPS,
      version: '0.0.0',
      configHash: 'none',
      policy: this.#policy,
      keys: this.#issuerKeys(),
      rack: this.#hardware(clock),
      clock,
      log,
      store: store.rack(RACK),
      recordings: this.recordings,
      identity,
      publicKey: 'none',
      seal: (message) => this.sign(message, RACK_KEY),
      sealed: (message) => isSealed(message, this.#pair(RACK_KEY).publicKey),
      brokers: brokers.map((broker) => (handlers) => {
        const parts = { clock, log, random: () => 0.5, connections: identity.connections };
        return broker.session(`ballast-${RACK}`, handlers, parts);
      }),
      host: () => ({
        uptimeS: 1,
        rssBytes: 1,
        heapBytes: 1,
        loadPercent: undefined,
        memoryAvailableBytes: undefined,
        diskFreeBytes: undefined,
        cpuC: undefined,
      }),
      processAlarms: () => new Map(),
      alive: () => {},
    });
  }

  /** What the config says is there, or only some of it. */
  #hardware(clock: SteadyClock, devices?: readonly string[]): Rack {
    const { rack } = this;
    const { machine } = this.#options;
    const listed = rack.miners.filter(({ spec }) => devices === undefined || devices.includes(spec.id));
    const pdus = this.#options.pdu ? [rack.pdu(PDU)] : [];
    const config = configSchema.parse({
      site: SITE,
      rack: RACK,
      groups: GROUPS,
      broker: { urls: ['mqtt://memory'] },
      buses: [
        { id: 'net', kind: 'tcp', host: rack.meter.spec.host, port: rack.meter.spec.port },
        ...pdus.map(({ spec }) => ({ id: 'pdu-net', kind: 'tcp', host: spec.host, port: spec.port })),
      ],
      pdus: pdus.map(({ spec }) => ({ id: spec.id, bus: 'pdu-net', unit: 1, model: pduMap.id })),
      meters: [
        { id: 'feed', bus: 'net', unit: 1, model: map.id, role: 'feed', other_loads_w: rack.otherLoads.watts() },
      ],
      workloads: machine?.workloads ?? [],
      devices: [
        ...(machine?.devices ?? []),
        ...listed.map(({ spec, entry }, i) => ({
          id: spec.id,
          ...entry,
          host: spec.host,
          port: spec.port,
          mac: spec.mac,
          rated_w: spec.ratedW,
          outlets: pdus.map((pdu) => `${pdu.spec.id}/${i + 1}`),
          ...this.#options.device,
        })),
      ],
    });
    const connect = async (host: string, port: number, signal: AbortSignal) => {
      try {
        return await rack.connect(host, port, signal);
      } catch (cause) {
        signal.throwIfAborted();
        throw new AdapterError('unreachable', `${host}:${port} refused the connection`, { cause });
      }
    };
    const serial = async ({ path }: SerialSettings) => rack.serial(basename(path));
    const secret = async (file: string) =>
      rack.miners.find(({ passwordFile }) => passwordFile === file)?.spec.password ?? '';
    return buildRack(config, {
      clock,
      log: openLog('silent'),
      connect,
      serial,
      maps: new Map([map, pduMap].map((each) => [each.id, each])),
      secret,
      ...(machine && { host: machine.host }),
    });
  }

  #policyWith(change: Record<string, unknown>): Policy {
    return policySchema.parse({
      ...(!this.#options.observing && { commissioning: 'waived' }),
      limits: { restore_window_s: 60 },
      issuers: [ISSUER, SECOND_ISSUER].map((id) => ({ ...issuerPolicy, id, keys: [`${id}-2026.pub`] })),
      ...this.#options.policy,
      ...change,
    });
  }

  /** Of every key that the policy names. */
  #issuerKeys(): IssuerKeys {
    const named = this.#policy.issuers.flatMap(({ id, keys }) =>
      keys.map((file) => ({ issuer: id, kid: kidOf(file) })),
    );
    return new Map(named.map(({ issuer, kid }) => [kid, { issuer, key: this.#pair(kid).publicKey }]));
  }

  #pair(kid: string): KeyPairKeyObjectResult {
    const pair = this.#pairs.get(kid) ?? generateKeyPairSync('ed25519');
    this.#pairs.set(kid, pair);
    return pair;
  }

  /** Lets time pass until `work` is done: what it waits for may need the clock. */
  async #until(work: Promise<void> | undefined): Promise<void> {
    let done = false;
    const finished = Promise.resolve(work).finally(() => {
      done = true;
    });
    for (let i = 0; i < 100 && !done; i++) await this.clock.advance(100);
    await finished;
  }
}

/** Best efficiency first: m01 is worth most per watt. */
const fourMiners: MinerOptions[] = [1, 2, 3, 4].map((n) => ({ id: `m0${n}`, ratedW: 3000, ratedThs: 130 - 10 * n }));

function readMap(id: string): RegisterMap {
  const file = new URL(`../../firmware-adapters/modbus/maps/${id}.json`, import.meta.url);
  return parseRegisterMap(readFileSync(file, 'utf8'), `${id}.json`);
}

function isSealed(message: object, key: KeyObject): boolean {
  const { signature } = message as { signature?: { kid: string; value: string } };
  return signature?.kid === RACK_KEY && verify(null, bytesToSign(message), key, fromBase64Url(signature.value));
}
