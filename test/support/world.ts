/** A site for scenarios: a simulated rack, its agent, a broker and an issuer, all in memory and on one virtual clock. */
import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AdapterError } from '#adapters/errors.ts';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import { parseRegisterMap } from '#adapters/modbus/register-map.ts';
import type { Agent } from '#agent/agent.ts';
import { createAgent } from '#agent/agent.ts';
import { configSchema } from '#agent/config/config.ts';
import type { Policy } from '#agent/config/policy.ts';
import { policySchema } from '#agent/config/policy.ts';
import { openIdentity } from '#agent/platform/identity.ts';
import { openLog } from '#agent/platform/log.ts';
import { buildRack } from '#agent/rack.ts';
import type { Ack, Phase, RackEvent } from '#protocol/lifecycle.ts';
import type { Order, OrderBody, Target } from '#protocol/order.ts';
import { signMessage } from '#protocol/signing.ts';
import { timestampOf } from '#protocol/time.ts';
import { locate, orderTopic, topics } from '#protocol/topics.ts';
import type { SimulatedRack } from '#test/simulator/rack.ts';
import { createRack } from '#test/simulator/rack.ts';
import type { MinerOptions } from '#test/simulator/whatsminer-spec.ts';
import { MemoryBroker } from '#test/support/memory-broker.ts';
import { MemoryStore } from '#test/support/memory-store.ts';
import { settle, VirtualClock } from '#test/support/virtual-clock.ts';

export const SITE = 'tx1';
export const RACK = 'r07';
export const ISSUER = 'qse-north';

export type WorldOptions = {
  miners?: MinerOptions[];
  policy?: Record<string, unknown>;
  otherLoadsW?: number;
  noiseSeed?: number;
  /** Part of each device's config. */
  device?: Record<string, unknown>;
};

const map: RegisterMap = readMap('eastron-sdm630');

export class World {
  readonly clock = new VirtualClock();
  readonly broker = new MemoryBroker();
  readonly store = new MemoryStore();
  readonly rack: SimulatedRack;
  readonly keys = { issuer: generateKeyPairSync('ed25519'), rack: generateKeyPairSync('ed25519') };
  readonly events: RackEvent[] = [];
  readonly acks: Ack[] = [];
  /** The last payload of each topic below the rack. */
  readonly said = new Map<string, unknown>();
  readonly #options: WorldOptions;
  readonly #policy: Policy;
  #agent: Agent | undefined;
  #seq = 0;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.#policy = policySchema.parse({
      commissioning: 'waived',
      limits: { restore_window_s: 60 },
      issuers: [{ id: ISSUER, keys: ['k.pub'], may: ['ceiling'], programs: ['ecrs', '4cp'] }],
      ...options.policy,
    });
    const { miners = fourMiners, otherLoadsW = 100, noiseSeed } = options;
    this.rack = createRack({ clock: this.clock, miners, otherLoadsW, ...(noiseSeed !== undefined && { noiseSeed }) });
    this.broker.subscribe('#', (topic, payload) => this.#hear(topic, payload));
  }

  async start(): Promise<this> {
    this.#agent = await this.#build();
    await this.#agent.start();
    // Long enough for every retained order and a first reading of everything.
    await this.clock.advance(8000);
    return this;
  }

  /** An orderly stop, or with `crash` as after kill -9: nothing more is said or done. */
  async stop(): Promise<void> {
    await this.#until(this.#agent?.stop());
    this.#agent = undefined;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** A signed order of the issuer, from now for ten minutes unless said. */
  async order(target: Target, change: Partial<OrderBody> & { forS?: number } = {}): Promise<Order> {
    const { forS = 600, ...rest } = change;
    const wall = this.clock.wall();
    const body: OrderBody = {
      v: 1,
      type: 'order',
      id: `o-${++this.#seq}`,
      event: 'ecrs-a',
      issuer: ISSUER,
      program: 'ecrs',
      seq: wall + this.#seq,
      scope: { site: SITE, to: 'all' },
      issued_at: timestampOf(wall),
      intervals: [{ from: timestampOf(wall), until: timestampOf(wall + forS * 1000), target }],
      priority: 0,
      ramp: { down_w_per_s: null, up_w_per_s: null },
      deadline_s: 30,
      reason: 'a test',
      ...rest,
    };
    return await this.sign(body);
  }

  async sign<T extends object>(body: T, kid = 'qse-north-2026', key: KeyObject = this.keys.issuer.privateKey) {
    return await signMessage(body, kid, (bytes) => sign(null, bytes, key));
  }

  /** Publishes an order, retained, on its own topic and lets the agent hear it. */
  async publish(order: Order): Promise<void> {
    const topic = orderTopic(order.scope.site, order.issuer, order.program, order.scope.to);
    this.broker.publish(topic, JSON.stringify(order), true);
    await settle();
  }

  async issue(target: Target, change: Partial<OrderBody> & { forS?: number } = {}): Promise<Order> {
    const order = await this.order(target, change);
    await this.publish(order);
    return order;
  }

  /** Phases of an order in the order they were told. */
  phases(order: string): Phase[] {
    return this.events.flatMap((event) => (event.order === order && event.phase ? [event.phase] : []));
  }

  asleep(): string[] {
    return this.rack.miners.filter((miner) => miner.asleep).map(({ spec }) => spec.id);
  }

  async #build(): Promise<Agent> {
    const { clock, broker, rack, store, keys } = this;
    const log = openLog('silent');
    const config = configSchema.parse({
      site: SITE,
      rack: RACK,
      groups: ['row-a'],
      broker: { urls: ['mqtt://memory'] },
      buses: [{ id: 'net', kind: 'tcp', host: rack.meter.spec.host, port: rack.meter.spec.port }],
      meters: [
        { id: 'feed', bus: 'net', unit: 1, model: map.id, role: 'feed', other_loads_w: rack.otherLoads.watts() },
      ],
      devices: rack.miners.map(({ spec }) => ({
        id: spec.id,
        adapter: 'whatsminer-v2',
        host: spec.host,
        port: spec.port,
        mac: spec.mac,
        password_file: 'pw',
        rated_w: spec.ratedW,
        ...this.#options.device,
      })),
    });
    const identity = await openIdentity({
      journal: store.rack(RACK).journal,
      instance: 'test',
      wallMs: clock.wall(),
      log,
    });
    const connect = async (host: string, port: number, signal: AbortSignal) => {
      try {
        return await rack.connect(host, port, signal);
      } catch (cause) {
        signal.throwIfAborted();
        throw new AdapterError('unreachable', `${host}:${port} refused the connection`, { cause });
      }
    };
    return createAgent({
      site: SITE,
      rackId: RACK,
      groups: config.groups,
      version: '0.0.0',
      configHash: 'none',
      policy: this.#policy,
      keys: new Map([['qse-north-2026', { issuer: ISSUER, key: keys.issuer.publicKey }]]),
      rack: buildRack(config, {
        clock,
        log,
        connect,
        maps: new Map([[map.id, map]]),
        secret: async () => rack.miners[0]?.spec.password ?? '',
      }),
      clock,
      log,
      store: store.rack(RACK),
      identity,
      publicKey: 'none',
      seal: (message) => this.sign(message, 'rack-key', keys.rack.privateKey),
      brokers: [
        (handlers) =>
          broker.session(`ballast-${RACK}`, handlers, {
            clock,
            log,
            random: () => 0.5,
            connections: identity.connections,
          }),
      ],
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
    });
  }

  #hear(topic: string, payload: string): void {
    const located = locate(topic);
    assert.ok(located, `${topic} is not a topic of the protocol`);
    if (payload === '' || located.name.startsWith('order') || located.name === 'command') return;
    const parsed = topics[located.name].schema.safeParse(JSON.parse(payload));
    assert.ok(parsed.success, `${topic}: ${parsed.error?.message} in ${payload}`);
    this.said.set(topic.split('/').slice(5).join('/'), parsed.data);
    if (located.name === 'event') this.events.push(parsed.data as RackEvent);
    if (located.name === 'ack') this.acks.push(parsed.data as Ack);
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
