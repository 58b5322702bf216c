/** Birth and will, per broker session: `state` says online from the moment we subscribe until the broker misses us. */
import type { BrokerSession, Outgoing } from '#agent/platform/broker.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { Identity } from '#agent/platform/identity.ts';
import { parseJson } from '#protocol/json.ts';
import type { RackMode, State } from '#protocol/telemetry.ts';
import { state as stateSchema } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import { topicOf } from '#protocol/topics.ts';

export type PresenceParts = {
  readonly site: string;
  readonly rack: string;
  readonly version: string;
  readonly identity: Identity;
  readonly clock: Clock;
};

export class Presence {
  readonly topic: string;
  readonly #parts: PresenceParts;
  readonly #connections = new Map<BrokerSession, number>();
  #mode: RackMode = 'normal';

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    this.topic = topicOf(parts.site, 'state', { rack: parts.rack });
  }

  will(connection: number): Outgoing {
    return this.#message('offline', connection);
  }

  born(session: BrokerSession, connection: number): void {
    this.#connections.set(session, connection);
    void session.publish(this.#message('online', connection));
  }

  mode(mode: RackMode): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    for (const [session, connection] of this.#connections) void session.publish(this.#message('online', connection));
  }

  /** Hears our own topic: the will of an earlier connection may arrive after the birth of a later one. */
  heard(session: BrokerSession, payload: Uint8Array): void {
    const connection = this.#connections.get(session);
    const parsed = stateSchema.safeParse(parseJson(payload));
    if (connection === undefined || !parsed.success || parsed.data.status !== 'offline') return;
    const { boot } = this.#parts.identity;
    const older = parsed.data.boot < boot || (parsed.data.boot === boot && parsed.data.connection < connection);
    if (older) void session.publish(this.#message('online', connection));
  }

  /** What the rack says of itself now; the connection is the newest one. */
  current(): State {
    return this.#state('online', Math.max(0, ...this.#connections.values()));
  }

  #message(status: State['status'], connection: number): Outgoing {
    return { topic: this.topic, payload: JSON.stringify(this.#state(status, connection)), retain: true };
  }

  #state(status: State['status'], connection: number): State {
    const { version, identity, clock } = this.#parts;
    const { instance, boot } = identity;
    return { v: 1, at: timestampOf(clock.wall()), status, mode: this.#mode, version, instance, boot, connection };
  }
}
