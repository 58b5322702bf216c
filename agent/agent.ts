/** One rack's agent, put together from its parts. Knows no paths and no process: 1,000 of these run in one. */
import type { RackEvent, Refusal } from '#protocol/lifecycle.ts';
import { spokenVersions } from '#protocol/order.ts';
import type { Millis } from '#protocol/units.ts';
import { Actuator } from './actuate/actuator.ts';
import type { IssuerKeys } from './config/keys.ts';
import type { Policy } from './config/policy.ts';
import { eventKey } from './decide/compose.ts';
import type { Step } from './decide/plan.ts';
import { appliedOrders, intents, rackMode } from './decide/words.ts';
import { RackJournal } from './journal.ts';
import type { Turn } from './loop.ts';
import { Loop } from './loop.ts';
import type { BrokerHandlers, BrokerSession } from './platform/broker.ts';
import type { Clock } from './platform/clock.ts';
import { now } from './platform/clock.ts';
import type { Identity } from './platform/identity.ts';
import type { Logger } from './platform/log.ts';
import type { RackStore } from './platform/store.ts';
import type { Rack } from './rack.ts';
import type { Raised } from './report/alarms.ts';
import { rackEvent } from './report/events.ts';
import type { Seal } from './report/evidence.ts';
import { EvidenceKeeper } from './report/evidence.ts';
import type { HostHealth } from './report/health.ts';
import { healthOf } from './report/health.ts';
import { Presence } from './report/presence.ts';
import { Publisher } from './report/publisher.ts';
import { Reporter } from './report/reporter.ts';
import { watchDevice } from './sense/devices.ts';
import { watchMeter } from './sense/meters.ts';
import type { About, Passed } from './sense/order-desk.ts';
import { OrderDesk } from './sense/order-desk.ts';
import type { Poller } from './sense/poller.ts';
import type { AcceptedOrder } from './state/observation.ts';

export type AgentParts = {
  readonly site: string;
  readonly rackId: string;
  readonly groups: readonly string[];
  readonly version: string;
  readonly configHash: string;
  readonly policy: Policy;
  readonly keys: IssuerKeys;
  readonly rack: Rack;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: RackStore;
  readonly identity: Identity;
  readonly publicKey: string;
  readonly seal: Seal;
  /** Opens a session; one per broker, each of which may bring an order. */
  readonly brokers: readonly ((handlers: BrokerHandlers) => BrokerSession)[];
  host(): HostHealth;
  /** Alarms of the process: the disk, the journal. */
  processAlarms(): ReadonlyMap<string, Raised>;
};

export type Agent = {
  start(): Promise<void>;
  /** Leaves every output as it is. */
  stop(): Promise<void>;
  /** The last payload of each retained topic of the rack, by the topic's tail. */
  board(): Record<string, unknown>;
};

/** After the subscription, what the broker retains has arrived by then. */
const RETAINED_MS: Millis = 1000;
/** With a journal, the end of a known event is not held up for ever by a broker that is gone. */
const WITHOUT_BROKER_MS: Millis = 120_000;

export function createAgent(parts: AgentParts): Agent {
  return new RackAgent(parts);
}

class RackAgent implements Agent {
  readonly #parts: AgentParts;
  readonly #journal: RackJournal;
  readonly #publisher: Publisher;
  readonly #presence: Presence;
  readonly #evidence: EvidenceKeeper;
  readonly #reporter: Reporter;
  readonly #desk: OrderDesk;
  readonly #actuator: Actuator;
  readonly #alarms = new Map<string, Raised>();
  readonly #timers: (() => void)[] = [];
  #loop: Loop | undefined;
  #pollers = new Map<string, Poller>();
  #sessions: BrokerSession[] = [];
  /** Events to publish after the next turn: the first device write goes before every word about it. */
  #pending: RackEvent[] = [];

  constructor(parts: AgentParts) {
    this.#parts = parts;
    const { site, rackId: rack, groups, clock, log, store, keys, rack: hardware, policy } = parts;
    this.#journal = new RackJournal(store.journal, (error) => log.warn({ error }, 'the journal could not be written'));
    this.#publisher = new Publisher({ site, rack, clock, history: store.history, sessions: () => this.#sessions });
    this.#presence = new Presence({ site, rack, version: parts.version, identity: parts.identity, clock });
    this.#evidence = new EvidenceKeeper(store.journal, rack, parts.seal);
    this.#reporter = new Reporter({
      rack,
      clock,
      publisher: this.#publisher,
      evidence: this.#evidence,
      seal: parts.seal,
      info: {
        version: parts.version,
        groups,
        configHash: parts.configHash,
        publicKey: parts.publicKey,
        speaks: spokenVersions,
        protect: policy.protect,
      },
      health: () =>
        healthOf({ host: parts.host(), pollers: this.#pollers, lagMs: this.#loop?.lagMs, buses: hardware.counters() }),
      otherAlarms: () => new Map([...this.#alarms, ...parts.processAlarms()]),
    });
    this.#actuator = new Actuator({
      controls: new Map(hardware.devices.map(({ facts, controls }) => [facts.id, controls])),
      observe: (observation) => this.#loop?.observe(observation),
      poke: (device) => this.#pollers.get(device)?.poke(),
      log,
    });
    this.#desk = new OrderDesk({
      site,
      rack,
      groups,
      keys,
      policy: () => policy,
      picture: () => this.#mustRun().picture,
      now: () => now(clock),
      accepted: (accepted, passed) => this.#accepted(accepted, passed),
      refused: (refusal, about) => this.#refused(refusal, about),
      answer: (issuer, ack) => this.#publisher.tell('ack', { issuer }, ack),
      predict: (order) => this.#mustRun().predict(order),
      take: (key) => this.#journal.command(key),
    });
  }

  async start(): Promise<void> {
    const { clock, rack, policy, rackId, brokers } = this.#parts;
    const recovered = await this.#journal.recover();
    this.#evidence.restore(recovered.rows);
    this.#desk.restore(recovered.commands);
    const turned = (turn: Turn) => this.#turned(turn);
    this.#loop = new Loop(
      { rack: rackId, clock, actuator: this.#actuator, policy: () => policy, turned },
      recovered.memory,
    );
    const loop = this.#loop;
    const devices = rack.devices.map(({ facts }) => facts);
    loop.observe({ kind: 'inventory', devices, meters: rack.meters.map(({ facts }) => facts) });
    for (const slot of recovered.orders.values()) {
      for (const accepted of slot.orders) loop.observe({ kind: 'order', accepted });
    }
    this.#pollers = this.#watchers((observation) => loop.observe(observation));
    this.#reporter.start();
    rack.start();
    loop.start();
    for (const poller of this.#pollers.values()) poller.start();
    this.#sessions = brokers.map((open) => this.#openSession(open));
    for (const session of this.#sessions) session.start();
    if (recovered.known) this.#later('broker awaited', WITHOUT_BROKER_MS, () => loop.observe({ kind: 'ordersKnown' }));
  }

  async stop(): Promise<void> {
    for (const cancel of this.#timers) cancel();
    this.#loop?.stop();
    this.#actuator.stop();
    await Promise.all([...this.#pollers.values()].map((poller) => poller.stop()));
    await this.#parts.rack.stop();
    await this.#evidence.save().catch(() => {});
    const { connections } = this.#parts.identity;
    await Promise.all(this.#sessions.map((session) => session.stop(this.#presence.will(connections.next()))));
  }

  board(): Record<string, unknown> {
    return { state: this.#presence.current(), ...this.#publisher.board() };
  }

  #watchers(observe: Loop['observe']): Map<string, Poller> {
    const { rack, clock } = this.#parts;
    const devices = rack.devices.map(({ facts, ...rest }) => watchDevice({ id: facts.id, ...rest }, clock, observe));
    const meters = rack.meters.map(({ facts, instrument }) =>
      watchMeter({ id: facts.id, periodMs: facts.periodMs, instrument }, clock, observe),
    );
    return new Map([...devices, ...meters].map((poller) => [poller.name, poller]));
  }

  #openSession(open: (handlers: BrokerHandlers) => BrokerSession): BrokerSession {
    const session: BrokerSession = open({
      will: (connection) => this.#presence.will(connection),
      subscriptions: () => [...this.#desk.filters(), this.#presence.topic],
      online: ({ connection }) => {
        this.#presence.born(session, connection);
        this.#publisher.repeatBoard(session);
        this.#later('retained orders', RETAINED_MS, () => this.#loop?.observe({ kind: 'ordersKnown' }));
      },
      offline: () => {},
      tooLarge: (topic, bytes) => this.#desk.tooLarge(topic, bytes),
      message: (topic, payload, retained) => {
        if (this.#desk.receive(topic, payload, retained)) return;
        if (topic === this.#presence.topic) this.#presence.heard(session, payload);
      },
    });
    return session;
  }

  #accepted(accepted: AcceptedOrder, passed: readonly Passed[]): void {
    const { clock } = this.#parts;
    const { id, event, issuer, program } = accepted.order;
    const { picture } = this.#mustRun();
    for (const { phase, why } of passed) {
      this.#pending.push(
        rackEvent('order', { order: id, event, issuer, program, phase }, why, undefined, picture, now(clock)),
      );
    }
    this.#alarms.delete(`seq-conflict-${issuer}`);
    this.#mustRun().observe({ kind: 'order', accepted });
    const slot = this.#mustRun().picture.orders[accepted.topic];
    if (slot) this.#journal.slot(accepted.topic, slot);
  }

  #refused({ code, detail }: Refusal, { topic, order, issuer }: About): void {
    const { clock, log } = this.#parts;
    log.warn({ code, detail, topic }, 'a message was refused');
    const subject = {
      order: order?.id ?? null,
      event: order?.event ?? null,
      issuer: issuer ?? null,
      program: order?.program ?? null,
    };
    const why = `${detail} (on ${topic})`;
    const { picture } = this.#mustRun();
    this.#reporter.event(
      rackEvent('order', { ...subject, phase: 'refused', code }, why, undefined, picture, now(clock)),
    );
    if (code === 'seq_conflict' && issuer) {
      this.#alarms.set(`seq-conflict-${issuer}`, { severity: 'critical', message: `${issuer}: ${detail}` });
    }
  }

  #turned({ picture, plan, memory, steps }: Turn): void {
    const { clock, policy } = this.#parts;
    const at = now(clock);
    const events = steps.map((step) => rackEvent('order', step, step.why, step.levelW, picture, at));
    for (const event of [...this.#pending.splice(0), ...events]) {
      this.#reporter.event(event);
      if (event.issuer === null || event.event === null) continue;
      const key = eventKey({ issuer: event.issuer, event: event.event });
      this.#evidence.step(key, event, this.#digestOf(event.order), memory.baselines[key]);
    }
    this.#closeEvents(steps, memory.tracks.filter(({ done }) => !done).map(eventKey));
    this.#presence.mode(rackMode(plan, memory, policy.commissioning !== 'waived'));
    const told = intents(plan, memory, picture).map(
      ({ device, ...intent }) => [device, { ...intent, protected: policy.protect.includes(device) }] as const,
    );
    this.#reporter.show({ picture, lineW: plan.levelW, applied: appliedOrders(memory), intents: new Map(told) });
    this.#journal.memory(memory);
  }

  /** An event's record is complete when its last order is restored. */
  #closeEvents(steps: readonly Step[], open: readonly string[]): void {
    for (const key of new Set(steps.filter(({ phase }) => phase === 'restored').map(eventKey))) {
      if (open.includes(key)) continue;
      this.#reporter
        .close(key)
        .catch((error: unknown) => this.#parts.log.error({ error }, 'evidence could not be closed'));
    }
  }

  #digestOf(id: string | null): { id: string; digest: string } | undefined {
    const orders = Object.values(this.#mustRun().picture.orders).flatMap((slot) => slot.orders);
    const digest = orders.find(({ order }) => order.id === id)?.digest;
    return id !== null && digest !== undefined ? { id, digest } : undefined;
  }

  #later(name: string, ms: Millis, work: () => void): void {
    this.#timers.push(this.#parts.clock.after(name, ms, work));
  }

  #mustRun(): Loop {
    if (!this.#loop) throw new Error('the agent has not been started');
    return this.#loop;
  }
}
