/**
 * One connection to a broker, from CONNECT to its end, on MQTT.js. Every connection has its own client object, so
 * that nothing survives it: no queue, no packet ids, no subscriptions. When to connect again is the session's matter.
 */
import { Socket } from 'node:net';
import type { IClientOptions, MqttClient } from 'mqtt';
import { connect } from 'mqtt';
import type { BrokerConfig, Outgoing } from './broker.ts';
import type { LinkEnd } from './broker-words.ts';
import { endOf, kickedBy } from './broker-words.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';
import { SendWindow } from './send-window.ts';

export type LinkOptions = {
  config: BrokerConfig;
  protocol: 4 | 5;
  will: Outgoing | undefined;
  /** Topic filters, subscribed at QoS 1. */
  subscriptions: string[];
  clock: Clock;
  log: Logger;
};

export type LinkEvents = {
  /** Anything came, be it the answer to a ping: the broker lives. */
  heard(): void;
  /** Connected and subscribed; `refused` are the subscriptions that the broker denies us. */
  online(refused: string[]): void;
  /** Never before `online`. */
  message(topic: string, payload: Uint8Array, retained: boolean): void;
  /** Called exactly once, as the last event, and never from within `openLink`. */
  ended(end: LinkEnd): void;
};

export type Link = {
  /** True at PUBACK. */
  publish(message: Outgoing): Promise<boolean>;
  /** Publishes `last`, says goodbye so that the will stays unsent, and settles what is under way. */
  close(last?: Outgoing): Promise<void>;
};

export type OpenLink = (options: LinkOptions, events: LinkEvents) => Link;

const CONNECT_MS = 10_000;
const SUBSCRIBE_MS = 10_000;
const GOODBYE_MS = 2_000;
const DEFAULT_KEEPALIVE_S = 15;
/** Publishes under way at once; more than this means that the broker does not keep up. */
const SEND_CAPACITY = 256;
/** AWS IoT takes no more filters in one SUBSCRIBE. */
const FILTERS_PER_SUBSCRIBE = 8;
/** 1 MiB. A broker that speaks MQTT 5 keeps larger packets to itself; what is over 64 KiB is reported and dropped. */
const maximumPacketBytes = 1 << 20;

export const openMqttLink: OpenLink = (options, events) => {
  const link = new MqttLink(options, events);
  link.open();
  return link;
};

class MqttLink implements Link {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  #client: MqttClient | undefined;
  #window = new SendWindow(0, 0);
  /** Messages that overtook the SUBACK; undefined once online. */
  #early: Parameters<LinkEvents['message']>[] | undefined = [];
  #problem: unknown;
  #greeted = false;
  #ended = false;
  readonly #unwritable = new Set<string>();

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
  }

  open(): void {
    try {
      this.#client = this.#connect();
    } catch (error) {
      // A certificate or key that is no PEM throws here.
      this.#problem = error;
      queueMicrotask(() => this.#end());
    }
  }

  publish(message: Outgoing): Promise<boolean> {
    return this.#window.run((done) => {
      const { topic, payload, retain, expiryS } = message;
      const expires = expiryS !== undefined && this.#options.protocol === 5;
      const properties = expires ? { properties: { messageExpiryInterval: expiryS } } : {};
      this.#client?.publish(topic, payload, { qos: 1, retain, ...properties }, (error) => {
        if (error) this.#warnUnwritable(topic, error);
        done(!error);
      });
    });
  }

  async close(last?: Outgoing): Promise<void> {
    const client = this.#client;
    if (!client || this.#ended) return;
    const closed = new Promise<void>((resolve) => void client.once('close', resolve));
    // A broker that no longer answers must not keep the agent from stopping.
    const cancel = this.#options.clock.after('broker goodbye', GOODBYE_MS, () => client.stream.destroy());
    if (last) await this.publish(last);
    this.#ended = true;
    this.#window.close();
    if (client.connected) client.end();
    else client.stream.destroy();
    await closed;
    cancel();
  }

  #connect(): MqttClient {
    const client = connect(clientOptions(this.#options));
    // Without this a QoS 1 exchange takes 40 to 80 ms instead of 0.3: Nagle meets delayed ACK. ws sets it by itself.
    if (client.stream instanceof Socket) client.stream.setNoDelay(true);
    const fail = (error: unknown) => this.#fail(client, error);
    client.on('error', fail);
    client.stream.on('error', fail);
    client.on('disconnect', (packet) => {
      this.#problem ??= kickedBy(packet.reasonCode, this.#options.config);
    });
    client.on('packetreceive', () => this.#events.heard());
    client.on('message', (topic, payload, packet) => this.#receive(topic, payload, packet.retain));
    client.on('connect', (connack) => {
      this.#greeted = true;
      this.#window = new SendWindow(connack.properties?.receiveMaximum ?? SEND_CAPACITY, SEND_CAPACITY);
      this.#subscribe(client).then((refused) => this.#goOnline(refused), fail);
    });
    client.on('close', () => this.#end());
    return client;
  }

  #fail(client: MqttClient, problem: unknown): void {
    this.#problem ??= problem;
    client.stream.destroy();
  }

  #receive(...message: Parameters<LinkEvents['message']>): void {
    if (this.#early) this.#early.push(message);
    else this.#events.message(...message);
  }

  /** The filters that the broker refused. Rejects when the connection ends first. */
  async #subscribe(client: MqttClient): Promise<string[]> {
    const silent = new Error('it did not confirm the subscriptions');
    const cancel = this.#options.clock.after('broker subscribe', SUBSCRIBE_MS, () => this.#fail(client, silent));
    try {
      const chunks = chunked(this.#options.subscriptions, FILTERS_PER_SUBSCRIBE);
      return (await Promise.all(chunks.map((filters) => subscribe(client, filters)))).flat();
    } finally {
      cancel();
    }
  }

  #goOnline(refused: string[]): void {
    if (this.#ended) return;
    this.#events.online(refused);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const message of early) this.#events.message(...message);
  }

  #end(): void {
    this.#window.close();
    if (this.#ended) return;
    this.#ended = true;
    this.#events.ended(endOf(this.#problem, this.#greeted, this.#options.config));
  }

  /** Once a topic and connection: a broker's rules rarely change, and power is published every second. */
  #warnUnwritable(topic: string, error: Error): void {
    if (this.#ended || this.#unwritable.has(topic)) return;
    this.#unwritable.add(topic);
    this.#options.log.warn({ topic, reason: error.message }, 'the broker did not take a publish');
  }
}

function clientOptions({ config, protocol, will }: LinkOptions): IClientOptions {
  const url = new URL(config.url);
  const v5 = protocol === 5;
  return {
    protocol: url.protocol.slice(0, -1) as 'mqtt' | 'mqtts' | 'ws' | 'wss',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    ...(url.port && { port: Number(url.port) }),
    path: url.pathname || '/',
    ...(config.ca !== undefined && { ca: config.ca }),
    ...(config.certificate !== undefined && { cert: config.certificate }),
    ...(config.key !== undefined && { key: config.key }),
    ...(config.username !== undefined && { username: config.username }),
    ...(config.password !== undefined && { password: config.password }),
    clientId: config.clientId,
    protocolVersion: protocol,
    clean: true,
    keepalive: config.keepaliveS ?? DEFAULT_KEEPALIVE_S,
    connectTimeout: CONNECT_MS,
    // One client object is one connection: it must neither connect again nor keep anything for a next time.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // All 65,536 packet numbers as buffers made ahead: 8 MB, and the first packet waits for them.
    writeCache: false,
    ...(will && { will: lastWill(will, v5) }),
    ...(v5 && { properties: { sessionExpiryInterval: 0, maximumPacketSize: maximumPacketBytes } }),
  };
}

function lastWill({ topic, payload, retain, expiryS }: Outgoing, v5: boolean): NonNullable<IClientOptions['will']> {
  const expiry = v5 && expiryS !== undefined ? { properties: { messageExpiryInterval: expiryS } } : {};
  return { topic, payload: Buffer.from(payload), qos: 1, retain, ...expiry };
}

function subscribe(client: MqttClient, filters: string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    client.subscribe(filters, { qos: 1 }, (error, _asked, suback) => {
      // A denied filter arrives as an error together with its SUBACK; anything else is no answer at all.
      if (!suback) return error ? reject(error) : resolve([]);
      resolve(filters.filter((_, index) => Number(suback.granted[index]) >= 0x80));
    });
  });
}

function chunked<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, chunk) =>
    items.slice(chunk * size, (chunk + 1) * size),
  );
}
