/** The operator's session to the broker of a site: typed messages in, and a clear end when no broker is there. */
import type { BrokerHandlers, BrokerSession, Outgoing } from '#agent/platform/broker.ts';
import type { Clock } from '#agent/platform/clock.ts';
import { parseJson } from '#protocol/json.ts';
import type { Address, Payload, TopicName } from '#protocol/topics.ts';
import { locate, topics } from '#protocol/topics.ts';
import { Failure } from '../failure.ts';

/** A valid message on a topic of the site. */
export type SiteMessage = {
  [Name in TopicName]: { name: Name; address: Address<Name>; payload: Payload<Name> };
}[TopicName];

export type SiteHandlers = {
  subscriptions: string[];
  /** Connected, subscribed, and given a moment for what the broker retains to arrive. At every connect. */
  ready(): void;
  message(message: SiteMessage): void;
  /** The connection broke; it comes back by itself. */
  offline(reason: string): void;
};

/** `openBroker` with everything but the handlers filled in. */
export type Connect = (handlers: BrokerHandlers) => BrokerSession;

export type SiteSession = {
  /** Rejects with a Failure when the first connection does not come about in time, or the broker denies a topic. */
  readonly failed: Promise<never>;
  publish(message: Outgoing): Promise<boolean>;
  stop(): Promise<void>;
};

/** Connecting takes a second at worst, three round trips and TLS over a bad mobile line. */
const CONNECT_MS = 15_000;
/** Brokers send what they retain right behind the SUBACK. */
const RETAINED_MS = 500;

export function openSiteSession(connect: Connect, clock: Clock, handlers: SiteHandlers): SiteSession {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  let reason = 'it does not answer';
  let cancelReady = () => {};
  const cancelConnect = clock.after('connect', CONNECT_MS, () => {
    reject(
      new Failure(`no connection to the broker ${session.url}: ${reason}`, 'check its URL, certificates and user'),
    );
  });
  const session = connect({
    subscriptions: () => handlers.subscriptions,
    online: ({ refused }) => {
      cancelConnect();
      if (refused.length > 0) reject(deniedTopics(refused));
      cancelReady = clock.after('retained', RETAINED_MS, () => handlers.ready());
    },
    offline: (why) => {
      reason = why;
      cancelReady();
      handlers.offline(why);
    },
    message: (topic, payload) => {
      const message = parseMessage(topic, payload);
      if (message) handlers.message(message);
    },
  });
  session.start();
  return {
    failed,
    publish: (message) => session.publish(message),
    stop: () => {
      cancelConnect();
      cancelReady();
      return session.stop();
    },
  };
}

function deniedTopics(filters: string[]): Failure {
  return new Failure(`the broker denies us ${filters.join(' and ')}`, "ask for read access in the broker's ACL");
}

/** Undefined for what is not of the wire: other people's topics, and payloads that do not fit their schema. */
function parseMessage(topic: string, payload: Uint8Array): SiteMessage | undefined {
  const located = locate(topic);
  if (!located) return undefined;
  const parsed = topics[located.name].schema.safeParse(parseJson(payload));
  return parsed.success ? ({ ...located, payload: parsed.data } as SiteMessage) : undefined;
}
