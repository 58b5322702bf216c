/** A site for scenarios: a simulated rack, its agent, a broker and an issuer, all in memory and on one virtual clock. */
import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AdapterError } from '#adapters/errors.ts';
import type { RegisterMap } from '#adapters/modbus/register-map.ts';
import { parseRegisterMap } from '#adapters/modbus/register-map.ts';
import type { Agent } from '#agent/agent.ts';
import { createAgent } from '#agent/agent.ts';
import { configSchema } from '#agent/config/config.ts';
import type { Policy } from '#agent/config/policy.ts';
import { policySchema } from '#agent/config/policy.ts';
import type { Outgoing } from '#agent/platform/broker.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { ClockQuality } from '#agent/platform/clock-quality.ts';
import { openIdentity } from '#agent/platform/identity.ts';
import { openLog } from '#agent/platform/log.ts';
import { steadyClock } from '#agent/platform/steady-clock.ts';
import { buildRack } from '#agent/rack.ts';
import type { Ack, Phase, RackEvent } from '#protocol/lifecycle.ts';
import type { Order, OrderBody, Target } from '#protocol/order.ts';
import { bytesToSign, fromBase64Url, signMessage } from '#protocol/signing.ts';
import type { Evidence, History } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Payload, TopicName } from '#protocol/topics.ts';
import { locate, orderTopic, topics } from '#protocol/topics.ts';
import type { MinerOptions } from '#test/simulator/miners.ts';
import type { SimulatedRack } from '#test/simulator/rack.ts';
import { createRack } from '#test/simulator/rack.ts';
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
  /** Leaves the rack uncommissioned: it only observes. */
  observing?: boolean;
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
  readonly evidence: Evidence[] = [];
  readonly history: History[] = [];
  /** The last payload of each topic below the rack. */
  readonly said = new Map<string, unknown>();
  /** What the kernel says of the clock. */
  clockQuality: ClockQuality = 'good';
  readonly #options: WorldOptions;
  readonly #policy: Policy;
  #agent: Agent | undefined;
  #life = new Life(this.clock);
  #seq = 0;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.#policy = policySchema.parse({
      ...(!options.observing && { commissioning: 'waived' }),
      limits: { restore_window_s: 60 },
      issuers: [
        { id: ISSUER, keys: ['qse-north-2026.pub'], may: ['ceiling', 'shed', 'setpoint'], programs: ['ecrs', '4cp'] },
      ],
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

  /** An orderly stop. Everything the rack has said by then must have been as the protocol says. */
  async stop(): Promise<void> {
    await this.#until(this.#agent?.stop());
    this.#agent = undefined;
    assert.deepEqual(this.broker.published.flatMap(misfit), []);
  }

  /** As by kill -9: from here on the agent does and says nothing, and the broker publishes its will. */
  kill(): void {
    this.#life.end();
    this.#agent = undefined;
    this.broker.offline();
    this.broker.online();
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

  /** What was told of an order when it reached a phase, the last time. */
  step(order: string, phase: Phase): RackEvent {
    const found = this.events.findLast((event) => event.order === order && event.phase === phase);
    assert.ok(found, `${order} was never ${phase}, only ${this.phases(order).join(', ')}`);
    return found;
  }

  /** The last payload on a topic below the rack, such as `device/m01`. */
  says<Name extends TopicName>(name: Name, tail: string = name): Payload<Name> {
    assert.ok(this.said.has(tail), `nothing was said on ${tail}`);
    return this.said.get(tail) as Payload<Name>;
  }

  alarms(): string[] {
    return [...this.said.keys()].filter((tail) => tail.startsWith('alarm/')).sort();
  }

  async #build(): Promise<Agent> {
    const { broker, rack, store, keys } = this;
    this.#life = new Life(this.clock);
    const clock = steadyClock(this.#life, { quality: () => this.clockQuality, notBefore: 0 });
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
      sealed: (message) => isSealed(message, keys.rack.publicKey),
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
    if (!located) return;
    if (located.name.startsWith('order') || located.name === 'command') return;
    const tail = topic.split('/').slice(5).join('/');
    if (payload === '') {
      this.said.delete(tail);
      return;
    }
    const said: unknown = JSON.parse(payload);
    this.said.set(tail, said);
    if (located.name === 'event') this.events.push(said as RackEvent);
    if (located.name === 'ack') this.acks.push(said as Ack);
    if (located.name === 'evidence') this.evidence.push(said as Evidence);
    if (located.name === 'history') this.history.push(said as History);
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

/** What is wrong with a message of the rack; empty for what others publish. */
function misfit({ topic, payload, retain }: Outgoing): string[] {
  const located = locate(topic);
  if (!located) return [`${topic} is not a topic of the protocol`];
  if (located.name.startsWith('order') || located.name === 'command') return [];
  const { schema, retained } = topics[located.name];
  const wrong = retain === retained ? [] : [`${topic}: retain is ${retain}`];
  const parsed = payload === '' ? undefined : schema.safeParse(JSON.parse(payload));
  return parsed?.success === false ? [...wrong, `${topic}: ${parsed.error.message} in ${payload}`] : wrong;
}

/** The clock of one process: when that has died, nothing it had planned happens any more. */
class Life implements Clock {
  readonly #clock: Clock;
  #alive = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  end(): void {
    this.#alive = false;
  }

  wall = (): number => this.#clock.wall();
  monotonic = (): number => this.#clock.monotonic();
  every = (name: string, ms: number, work: () => void) => this.#clock.every(name, ms, () => this.#alive && work());
  after = (name: string, ms: number, work: () => void) => this.#clock.after(name, ms, () => this.#alive && work());
  timeout = (ms: number): AbortSignal => this.#clock.timeout(ms);
  sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    await this.#clock.sleep(ms, signal);
    if (!this.#alive) await new Promise<never>(() => {});
  };
}

/** Best efficiency first: m01 is worth most per watt. */
const fourMiners: MinerOptions[] = [1, 2, 3, 4].map((n) => ({ id: `m0${n}`, ratedW: 3000, ratedThs: 130 - 10 * n }));

function readMap(id: string): RegisterMap {
  const file = new URL(`../../firmware-adapters/modbus/maps/${id}.json`, import.meta.url);
  return parseRegisterMap(readFileSync(file, 'utf8'), `${id}.json`);
}

function isSealed(message: object, key: KeyObject): boolean {
  const { signature } = message as { signature?: { kid: string; value: string } };
  return signature?.kid === 'rack-key' && verify(null, bytesToSign(message), key, fromBase64Url(signature.value));
}
