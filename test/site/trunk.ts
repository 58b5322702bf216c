/**
 * One connection to a broker that carries the sessions of many racks, so that a thousand of them cost one process and
 * not a thousand sockets. It brings each rack the orders and commands that are for it, publishes what each says as its
 * own session would, and can take a rack away in the ways that racks go.
 */
import type { MqttClient } from 'mqtt';
import { connectAsync } from 'mqtt';
import type { Outgoing } from '#agent/platform/broker.ts';
import type { LinkEvents, LinkOptions, OpenLink } from '#agent/platform/broker-link.ts';
import type { Clock } from '#agent/platform/clock.ts';
import type { Millis } from '#protocol/units.ts';

/** `mute`: nothing comes and nothing goes, and no will is told. `deaf`: it only talks. `garbled`: its watts are words. */
export type Ailment = 'none' | 'mute' | 'deaf' | 'garbled';

type Peer = { readonly options: LinkOptions; readonly events: LinkEvents; readonly filters: ReadonlySet<string> };

/** What racks say within so long leaves in one write: one for each message would be most of the site's work. */
const GATHER_MS: Millis = 25;

export class Trunk {
  readonly #client: MqttClient;
  readonly #waiting: (() => void)[] = [];
  readonly #stopTimer: () => void;
  readonly #peers = new Map<string, Peer>();
  readonly #wills = new Map<string, Outgoing>();
  readonly #ailments = new Map<string, Ailment>();
  /** Orders that the broker keeps, for racks whose sessions come up later. */
  readonly #retained = new Map<string, Buffer>();

  constructor(client: MqttClient, clock: Clock) {
    this.#client = client;
    this.#stopTimer = clock.every('gathered', GATHER_MS, () => this.#flush());
    client.on('message', (topic, payload, { retain }) => this.#received(topic, payload, retain));
  }

  /** A rack's way to the broker. */
  readonly openLink: OpenLink = (options, events) => {
    const id = options.config.clientId;
    const peer = { options, events, filters: new Set(options.subscriptions.map(key)) };
    this.#peers.set(id, peer);
    if (options.will) this.#wills.set(id, options.will);
    queueMicrotask(() => {
      events.online([]);
      for (const [topic, payload] of this.#retained) this.#deliver(id, peer, topic, payload, true);
    });
    return {
      publish: (message) => this.#publish(id, message),
      close: async (last) => {
        if (last) await this.#publish(id, last);
        this.#peers.delete(id);
      },
    };
  };

  ail(id: string, ailment: Ailment): void {
    this.#ailments.set(id, ailment);
  }

  /** As when the broker misses a rack: it tells the rack's will. The rack itself has been stopped, mute, by then. */
  async bury(id: string): Promise<void> {
    const will = this.#wills.get(id);
    this.#ailments.delete(id);
    if (will) await this.#publish(id, will);
  }

  async stop(): Promise<void> {
    this.#stopTimer();
    await this.#client.endAsync(true);
  }

  async #publish(id: string, { topic, payload, retain, expiryS }: Outgoing): Promise<boolean> {
    const ailment = this.#ailments.get(id);
    if (ailment === 'mute') return true;
    const said = ailment === 'garbled' && topic.endsWith('/power') ? garbled(payload) : payload;
    const expires = expiryS === undefined ? {} : { properties: { messageExpiryInterval: expiryS } };
    return await new Promise((settled) => {
      this.#waiting.push(() =>
        this.#client.publish(topic, said, { qos: 1, retain, ...expires }, (error) => settled(!error)),
      );
    });
  }

  #flush(): void {
    for (const publish of this.#waiting.splice(0)) publish();
  }

  #received(topic: string, payload: Buffer, retained: boolean): void {
    if (key(topic).startsWith('order')) {
      if (payload.byteLength > 0) this.#retained.set(topic, payload);
      else this.#retained.delete(topic);
    }
    for (const [id, peer] of this.#peers) this.#deliver(id, peer, topic, payload, retained);
  }

  #deliver(id: string, peer: Peer, topic: string, payload: Buffer, retained: boolean): void {
    const ailment = this.#ailments.get(id);
    if (ailment === 'mute' || ailment === 'deaf' || !peer.filters.has(key(topic))) return;
    peer.events.message(topic, payload, retained);
  }
}

export async function openTrunk(url: string, site: string, clock: Clock): Promise<Trunk> {
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 500 });
  const trunk = new Trunk(client, clock);
  await client.subscribeAsync([`ballast/v1/${site}/order/#`, `ballast/v1/${site}/command/#`], { qos: 1 });
  return trunk;
}

/** `order rack/r07` of a topic or a filter, whoever the issuer and whatever the program is. */
function key(topic: string): string {
  const [, , , kind, ...rest] = topic.split('/');
  const tail = rest.slice(kind === 'order' ? 2 : 1);
  return `${kind} ${tail.join('/')}`;
}

/** As from an agent of another make on the same topic. */
function garbled(payload: string): string {
  return JSON.stringify({ ...(JSON.parse(payload) as object), power_w: 'plenty', at: 'a while ago' });
}
