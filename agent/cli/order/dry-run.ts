/** Asks every rack in an order's scope what the order would do there. Publishes no order, retains nothing. */
import type { Clock } from '#agent/platform/clock.ts';
import { dryRunCommand } from '#protocol/dry-run.ts';
import { inScope } from '#protocol/ids.ts';
import type { Ack } from '#protocol/lifecycle.ts';
import type { OrderRequest } from '#protocol/next-order.ts';
import type { Order, OrderBody } from '#protocol/order.ts';
import { signMessage } from '#protocol/signing.ts';
import { filterOf, orderTopic, topicOf } from '#protocol/topics.ts';
import { orInterrupted } from '../interrupt.ts';
import { buildOrder } from './build-order.ts';
import type { Operator } from './operator.ts';
import type { Connect, SiteMessage, SiteSession } from './site-session.ts';
import { openSiteSession } from './site-session.ts';

export type DryRunParts = { connect: Connect; clock: Clock; newId(): string };
export type DryRunAnswer = {
  rack: string;
  /** Absent when it did not answer in time. */
  ack?: Ack;
};

/** A rack answers in well under a second; the rest is a bad line. */
const ANSWER_MS = 10_000;
/** Racks asked at once: a session turns away what the broker has no room for, and a site may have a thousand. */
const AT_ONCE = 100;

/** One answer for every rack in scope that is online, by name. @throws Failure, or the signal's reason. */
export async function dryRun(
  operator: Operator,
  request: OrderRequest,
  parts: DryRunParts,
  signal: AbortSignal,
): Promise<DryRunAnswer[]> {
  const run = new DryRun(operator, request, parts);
  run.start();
  try {
    return await orInterrupted(run.ended, signal);
  } finally {
    await run.stop();
  }
}

class DryRun {
  readonly #operator: Operator;
  readonly #request: OrderRequest;
  readonly #parts: DryRunParts;
  readonly #end = Promise.withResolvers<DryRunAnswer[]>();
  readonly #online = new Set<string>();
  readonly #groups = new Map<string, readonly string[]>();
  /** By the id of the command that asked. */
  readonly #answers = new Map<string, DryRunAnswer>();
  #session: SiteSession | undefined;
  #retained: Order | undefined;
  #cancelWait = () => {};

  constructor(operator: Operator, request: OrderRequest, parts: DryRunParts) {
    this.#operator = operator;
    this.#request = request;
    this.#parts = parts;
  }

  get ended(): Promise<DryRunAnswer[]> {
    return this.#end.promise;
  }

  start(): void {
    const { site, issuer, program, to } = this.#request;
    const own = orderTopic(site, issuer, program, to);
    this.#session = openSiteSession(this.#parts.connect, this.#parts.clock, {
      subscriptions: [own, filterOf(site, 'state'), filterOf(site, 'info'), filterOf(site, 'ack', { issuer })],
      ready: () => void this.#ask().catch(this.#end.reject),
      message: (message) => this.#message(message),
      offline: () => {},
    });
    this.#session.failed.catch(this.#end.reject);
  }

  async stop(): Promise<void> {
    this.#cancelWait();
    await this.#session?.stop();
  }

  async #ask(): Promise<void> {
    if (this.#answers.size > 0) return;
    const { to } = this.#request;
    const racks = [...this.#online].filter((rack) => inScope(to, rack, this.#groups.get(rack) ?? [])).sort();
    const { clock, newId } = this.#parts;
    const order = buildOrder(this.#request, { nowMs: clock.wall(), id: newId(), retained: this.#retained });
    const asked = racks.map((rack) => ({ rack, id: newId() }));
    for (const { rack, id } of asked) this.#answers.set(id, { rack });
    this.#cancelWait = clock.after('answers', ANSWER_MS, () => this.#finish());
    for (let at = 0; at < asked.length; at += AT_ONCE) {
      await Promise.all(asked.slice(at, at + AT_ONCE).map(({ rack, id }) => this.#command(rack, id, order)));
    }
    this.#finishIfAllAnswered();
  }

  async #command(rack: string, id: string, order: OrderBody): Promise<void> {
    const { site, issuer } = this.#request;
    const body = dryRunCommand(id, rack, order, this.#parts.clock.wall());
    const payload = JSON.stringify(await signMessage(body, this.#operator.kid, this.#operator.sign));
    await this.#session?.publish({ topic: topicOf(site, 'command', { issuer, rack }), payload, retain: false });
  }

  #message(message: SiteMessage): void {
    switch (message.name) {
      case 'state':
        if (message.payload.status === 'online') this.#online.add(message.address.rack);
        else this.#online.delete(message.address.rack);
        break;
      case 'info':
        this.#groups.set(message.address.rack, message.payload.groups);
        break;
      case 'ack':
        this.#answered(message.payload);
        break;
      case 'orderAll':
      case 'orderGroup':
      case 'orderRack':
        this.#retained = message.payload;
        break;
    }
  }

  #answered(ack: Ack): void {
    const asked = this.#answers.get(ack.id);
    if (!asked || asked.rack !== ack.rack) return;
    this.#answers.set(ack.id, { ...asked, ack });
    this.#finishIfAllAnswered();
  }

  #finishIfAllAnswered(): void {
    if ([...this.#answers.values()].every(({ ack }) => ack !== undefined)) this.#finish();
  }

  #finish(): void {
    this.#end.resolve([...this.#answers.values()]);
  }
}
