/** One rack's agent, put together from its parts. Knows no paths and no process: 1,000 of these run in one. */
import { spokenVersions } from '#protocol/order.ts';
import { BrokerSessions } from './broker-sessions.ts';
import { Commissioner } from './commissioner.ts';
import type { IssuerKeys } from './config/keys.ts';
import type { Policy } from './config/policy.ts';
import { explain } from './decide/explain/explain.ts';
import type { Link } from './decide/explain/link.ts';
import { Findings } from './findings.ts';
import { RackJournal } from './journal.ts';
import type { Turn } from './loop.ts';
import { Loop } from './loop.ts';
import type { Agent, AgentParts, Recording, Status } from './parts.ts';
import { now } from './platform/clock.ts';
import type { SteadyClock } from './platform/steady-clock.ts';
import type { Rack } from './rack/rack.ts';
import { rehearse } from './rehearse.ts';
import { Recorder } from './replay/recorder.ts';
import type { Raised } from './report/alarms.ts';
import { EvidenceKeeper } from './report/evidence.ts';
import { healthOf } from './report/health.ts';
import { Presence } from './report/presence.ts';
import { Publisher } from './report/publisher.ts';
import { RecentEvents } from './report/recent-events.ts';
import { Reporter } from './report/reporter.ts';
import { RunningRack } from './running-rack.ts';
import { OrderDesk } from './sense/order-desk.ts';
import { fold } from './state/fold.ts';
import type { AcceptedOrder, Observation } from './state/observation.ts';
import type { LocalState } from './state/picture.ts';
import { emptyPicture } from './state/picture.ts';
import { Teller } from './teller.ts';

export function createAgent(parts: AgentParts): Agent {
  return new RackAgent(parts);
}

class RackAgent implements Agent {
  readonly #parts: AgentParts;
  readonly #journal: RackJournal;
  readonly #findings: Findings;
  readonly commissioner: Commissioner;
  readonly events = new RecentEvents();
  readonly #publisher: Publisher;
  readonly #presence: Presence;
  readonly #evidence: EvidenceKeeper;
  readonly #reporter: Reporter;
  readonly #teller: Teller;
  readonly #desk: OrderDesk;
  readonly #loop: Loop;
  readonly #recorder: Recorder;
  readonly #brokers: BrokerSessions;
  #policy: Policy;
  #configHash: string;
  #keys: IssuerKeys;
  #running: RunningRack;
  /** undefined until the first. */
  #lastTurn: Turn | undefined;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    const { site, rackId: rack, groups, clock, log, store, identity, version, seal } = parts;
    this.#policy = parts.policy;
    this.#configHash = parts.configHash;
    this.#keys = parts.keys;
    const unwritten = (error: Error) => log.warn({ error }, 'the journal could not be written');
    this.#journal = new RackJournal(store.journal, unwritten);
    this.#findings = new Findings(store.journal, unwritten);
    this.#publisher = new Publisher({
      site,
      rack,
      clock,
      history: store.history,
      sessions: () => this.#brokers.sessions,
    });
    this.#presence = new Presence({ site, rack, version, identity, clock });
    this.#evidence = new EvidenceKeeper(store.journal, rack, seal);
    this.#reporter = this.#makeReporter();
    const policy = () => this.#policy;
    const picture = () => this.#loop.picture;
    this.#teller = new Teller({
      rack,
      clock,
      log,
      reporter: this.#reporter,
      evidence: this.#evidence,
      presence: this.#presence,
      policy,
      picture,
    });
    this.commissioner = new Commissioner({
      clock,
      policy,
      picture,
      memory: () => this.#loop.memory,
      observe: (observation) => this.#loop.observe(observation),
      tell: (why, device) => this.#teller.local(why, device),
    });
    this.#running = this.#runningWith(parts.rack);
    this.#recorder = new Recorder({ rack, version, policy, sink: parts.recordings });
    this.#loop = new Loop({
      rack,
      clock,
      policy,
      actuate: (plan, seen, at) => this.#running.act(plan, seen, at),
      turned: (turn) => {
        this.#teller.turned(turn);
        for (const what of turn.plan.staging.says) this.#teller.local(what);
        this.#journal.memory(turn.memory, clock.wall());
        parts.alive();
        this.#recorder.turned(turn);
        this.commissioner.turned(turn);
        this.#findings.keep(this.#loop.picture, turn.at.mono);
        this.#lastTurn = turn;
      },
      recorder: this.#recorder,
    });
    this.#desk = new OrderDesk({
      site,
      rack,
      groups,
      keys: () => this.#keys,
      policy,
      picture,
      now: () => now(clock),
      clockQuality: () => clock.quality(),
      accepted: (accepted, passed) => {
        this.#teller.accepted(accepted, passed);
        this.#take(accepted);
      },
      repeated: (topic) => this.#loop.observe({ kind: 'repeated', topic }),
      refused: (refusal, about) => this.#teller.refused(refusal, about),
      answer: (issuer, ack) => this.#publisher.tell('ack', { issuer }, ack),
      predict: (order) => this.#loop.predict(order),
      take: (key, until) => this.#journal.command(key, until),
    });
    this.#brokers = new BrokerSessions({
      site,
      rack,
      clock,
      presence: this.#presence,
      publisher: this.#publisher,
      desk: this.#desk,
      brokers: parts.brokers,
      sealed: parts.sealed,
      ordersKnown: () => this.#ordersKnown(),
      recall: (past) => this.#loop.recall(past),
    });
  }

  get rack(): Rack {
    return this.#running.rack;
  }

  get devices(): readonly string[] {
    return this.#running.rack.devices.map(({ facts }) => facts.id);
  }

  get boot(): number {
    return this.#parts.identity.boot;
  }

  get local(): LocalState {
    return this.#loop.picture.local;
  }

  async start(): Promise<void> {
    const { clock } = this.#parts;
    const past = await this.#journal.recover(clock.wall());
    this.#evidence.restore(past.rows);
    this.#desk.restore(past.commands);
    const known: Observation[] = [
      this.#running.inventory,
      ...this.#findings.recalled(past.rows),
      ...past.orders.map((accepted) => ({ kind: 'order' as const, accepted })),
    ];
    if (past.local) known.push({ kind: 'local', ...past.local });
    const picture = known.reduce((seen, each) => fold(seen, each, now(clock)), emptyPicture);
    this.#recorder.switch(past.recording);
    this.#reporter.start();
    this.#loop.start(picture, past.memory);
    this.#running.start();
    this.#brokers.start(past);
  }

  async stop(): Promise<void> {
    this.#loop.stop();
    this.#teller.flush();
    await this.#running.stop();
    await this.#evidence.save().catch(() => {});
    await this.#parts.recordings.flush();
    await this.#brokers.stop(this.#parts.identity.connections.next());
  }

  status(): Status {
    const mono = this.#parts.clock.monotonic();
    const { run } = this.#loop.memory;
    return {
      rackId: this.#parts.rackId,
      brokers: this.#brokers.sessions.map(({ url, online, heardAt }) => ({
        url,
        online,
        ...(heardAt !== undefined && { ageMs: mono - heardAt }),
      })),
      ...(run && run.over === undefined && { trying: run.test?.device ?? '' }),
      board: { state: this.#presence.current(), ...this.#publisher.board() },
    };
  }

  adopt(policy: Policy, keys: IssuerKeys): void {
    this.#policy = policy;
    this.#keys = keys;
    this.#teller.local('a new policy is in force');
    this.#loop.turn();
  }

  async refit(rack: Rack, configHash: string): Promise<string | undefined> {
    const staying = new Set(rack.devices.map(({ facts }) => facts.id));
    const lost = this.#loop.held.filter((id) => !staying.has(id));
    if (lost.length > 0) return `an order holds ${lost.join(', ')}: wait until it is home, or release the order`;
    const before = this.#running;
    this.#configHash = configHash;
    this.#running = this.#runningWith(rack);
    this.#loop.observe(this.#running.inventory);
    await before.stop();
    this.#running.start();
    this.#teller.local('a new config is in force');
    return undefined;
  }

  explain(device?: string): Link[] {
    const turn = this.#lastTurn;
    if (!turn) return [];
    return explain({ ...turn, policy: this.#policy, now: turn.at }, device) ?? [];
  }

  async setLocal(local: LocalState, why: string): Promise<void> {
    this.#loop.observe({ kind: 'local', ...local });
    this.#teller.local(why);
    await this.#journal.local(local);
  }

  async recording(): Promise<Recording> {
    const { recordings } = this.#parts;
    await recordings.flush();
    return { on: this.#recorder.on, folder: recordings.folder, files: await recordings.list() };
  }

  async record(on: boolean): Promise<void> {
    this.#recorder.switch(on);
    await this.#journal.recording(on);
  }

  #ordersKnown(): void {
    const { ordersKnown, orders } = this.#loop.picture;
    this.#loop.observe({ kind: 'ordersKnown' });
    // Where an order binds already, that one has been the rehearsal.
    if (!ordersKnown && Object.keys(orders).length === 0 && !this.#parts.rehearsed) this.#rehearse();
  }

  #rehearse(): void {
    const { site, rackId: rack, clock, log } = this.#parts;
    rehearse({ site, rack, policy: this.#policy, picture: this.#loop.picture, now: now(clock) }).catch(
      (error: unknown) => log.warn({ error }, 'the rehearsal of an order failed'),
    );
  }

  #take(accepted: AcceptedOrder): void {
    const before = this.#loop.picture.orders;
    this.#loop.observe({ kind: 'order', accepted });
    this.#journal.orders(before, this.#loop.picture.orders);
  }

  #runningWith(rack: Rack): RunningRack {
    const { clock, log } = this.#parts;
    return new RunningRack(rack, { clock, log, observe: (observation) => this.#loop.observe(observation) });
  }

  #makeReporter(): Reporter {
    const { rackId: rack, clock, log, seal, version, groups, publicKey, host, processAlarms } = this.#parts;
    return new Reporter({
      rack,
      clock,
      log,
      publisher: this.#publisher,
      evidence: this.#evidence,
      events: this.events,
      seal,
      info: () => ({
        version,
        groups,
        publicKey,
        configHash: this.#configHash,
        speaks: spokenVersions,
        protect: this.#policy.protect,
        limits: this.#policy.limits,
      }),
      health: () => {
        const { pollers, rack: hardware } = this.#running;
        return healthOf({ host: host(), pollers, lagMs: this.#loop.lagMs, buses: hardware.buses() });
      },
      otherAlarms: () =>
        new Map([...this.#teller.alarms, ...this.#brokers.alarms(), ...clockAlarm(clock), ...processAlarms()]),
    });
  }
}

function clockAlarm(clock: SteadyClock): [string, Raised][] {
  if (clock.quality() === 'good') return [];
  const message = 'the clock is not set: orders that lower run from receipt, releases and commands wait';
  return [['clock', { severity: 'warning', message }]];
}
