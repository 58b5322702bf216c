/** The site after what has been heard. Pure: messages in, the next site out; what does not fit is counted. */
import { parseJson } from '#protocol/json.ts';
import type { Ack } from '#protocol/lifecycle.ts';
import type { Order } from '#protocol/order.ts';
import type { Power, State, Thermal } from '#protocol/telemetry.ts';
import { epochMs } from '#protocol/time.ts';
import type { Address, Located, Payload, TopicName } from '#protocol/topics.ts';
import { locate, topics } from '#protocol/topics.ts';
import type { Millis } from '#protocol/units.ts';
import { traced } from './details.ts';
import { withOrder } from './events.ts';
import { withHappening } from './happenings.ts';
import type { Message } from './message.ts';
import type { Misfits, Rack, Site } from './site.ts';
import { emptyRack, eventKey } from './site.ts';
import { withAnswer, withApplied, withStep } from './standing.ts';

/** Larger payloads are dropped unread, as the wire says. */
const MOST_BYTES = 65_536;

/** A valid payload with the topic that it came on. */
type Fact = {
  [Name in TopicName]: { readonly name: Name; readonly address: Address<Name>; readonly payload: Payload<Name> };
}[TopicName];

/** The next site while it is made: its own maps, copied once for all messages of a turn. */
type Draft = Omit<Site, 'racks' | 'orders'> & {
  readonly racks: Map<string, Rack>;
  readonly orders: Map<string, Order>;
};

/** A thousand racks speak a thousand times a second: hand over many messages at once. */
export function heard(site: Site, messages: readonly Message[]): Site {
  if (messages.length === 0) return site;
  return messages.reduce<Draft>(hear, { ...site, racks: new Map(site.racks), orders: new Map(site.orders) });
}

function hear(site: Draft, message: Message): Draft {
  const located = locate(message.topic);
  const live = message.retained ? site : { ...site, lastLiveMs: message.atMs };
  if (!located || located.site !== site.name) return counted(live, 'other', message, 'is no topic of this site');
  if (message.payload.length === 0) return cleared(live, located);
  const fact = parsed(located, message);
  return typeof fact === 'string' ? counted(live, located.name, message, fact) : noted(live, fact, message);
}

/** The fact, or what is wrong with the payload. */
function parsed({ name, address }: Located, { payload }: Message): Fact | string {
  if (payload.length > MOST_BYTES) return `has ${payload.length} bytes, at most ${MOST_BYTES} are read`;
  const result = topics[name].schema.safeParse(parseJson(payload));
  if (result.success) return { name, address, payload: result.data } as Fact;
  const [issue] = result.error.issues;
  return `${issue?.path.join('.') || 'the payload'}: ${issue?.message ?? 'does not fit'}`;
}

function noted(site: Draft, fact: Fact, message: Message): Draft {
  switch (fact.name) {
    case 'state':
      return withRack(site, fact.address.rack, (rack) =>
        isOldWill(fact.payload, rack) ? rack : { ...rack, state: fact.payload },
      );
    case 'info':
      return withRack(site, fact.address.rack, (rack) => ({ ...rack, info: fact.payload }));
    case 'power':
      return withRack(withTrace(site, fact.address.rack, fact.payload), fact.address.rack, (rack) => ({
        ...withSkew(rack, fact.payload, message),
        power: fact.payload,
        powerUntilMs: untilMs(rack, fact.payload, message),
      }));
    case 'thermal':
      return withRack(site, fact.address.rack, (rack) => ({
        ...rack,
        thermal: fact.payload,
        thermalUntilMs: untilMs(rack, fact.payload, message),
      }));
    case 'applied':
      return withRack(site, fact.address.rack, (rack) => withApplied(rack, fact.payload));
    case 'alarm':
      return withRack(site, fact.address.rack, (rack) => ({
        ...rack,
        alarms: new Map(rack.alarms).set(fact.address.alarm, fact.payload),
      }));
    case 'orderAll':
    case 'orderGroup':
    case 'orderRack':
      site.orders.set(tailOf(message.topic), fact.payload);
      return { ...site, events: withOrder(site.events, fact.payload) };
    case 'event':
      return {
        ...withRack(site, fact.address.rack, (rack) => withStep(rack, fact.payload)),
        happenings: withHappening(site.happenings, fact.address.rack, fact.payload, message.atMs),
      };
    case 'ack':
      return answered(site, fact.payload);
    case 'device':
    case 'workload':
    case 'health':
      return detailed(site, fact);
    case 'evidence':
    case 'history':
    case 'command':
      return site;
  }
}

type Detail = Extract<Fact, { readonly name: 'device' | 'workload' | 'health' }>;

/** What comes late of a rack whose page is closed by now is nobody's. */
function detailed(site: Draft, { name, address, payload }: Detail): Draft {
  const { details } = site;
  if (details?.rack !== address.rack) return site;
  if (name !== 'device') return { ...site, details: { ...details, [name]: payload } };
  return { ...site, details: { ...details, devices: new Map(details.devices).set(payload.device, payload) } };
}

function withTrace(site: Draft, rack: string, power: Power): Draft {
  const { details } = site;
  return details?.rack === rack ? { ...site, details: traced(details, power) } : site;
}

/** An answer names the order alone: what event that belongs to is known from the order itself. */
function answered(site: Draft, ack: Ack): Draft {
  const order = ack.type === 'order' ? [...site.orders.values()].find(({ id }) => id === ack.id) : undefined;
  return order ? withRack(site, ack.rack, (rack) => withAnswer(rack, eventKey(order), ack)) : site;
}

/** An empty payload only cleans the broker: it ends an alarm, and no order. */
function cleared(site: Draft, { name, address }: Located): Draft {
  if (name !== 'alarm') return site;
  return withRack(site, address.rack, (rack) => {
    const alarms = new Map(rack.alarms);
    alarms.delete(address.alarm);
    return { ...rack, alarms };
  });
}

function withRack(site: Draft, id: string, change: (rack: Rack) => Rack): Draft {
  site.racks.set(id, change(site.racks.get(id) ?? emptyRack(id)));
  return site;
}

/** An offline with lower counters than the newest birth was sent by the broker for a session long over. */
function isOldWill({ status, boot, connection }: State, { state }: Rack): boolean {
  if (status === 'online' || !state) return false;
  return boot < state.boot || (boot === state.boot && connection < state.connection);
}

function withSkew(rack: Rack, { at }: Power, { retained, atMs }: Message): Rack {
  return retained ? rack : { ...rack, skewMs: atMs - epochMs(at) };
}

/** What just came is judged by our clock alone; what the broker kept, by the rack's clock and what we know of that. */
function untilMs({ skewMs = 0 }: Rack, { at, valid_s }: Power | Thermal, { retained, atMs }: Message): Millis {
  return (retained ? epochMs(at) + skewMs : atMs) + 1000 * valid_s;
}

/** `issuer/program/to` of an order's topic. */
function tailOf(topic: string): string {
  return topic.split('/').slice(4).join('/');
}

function counted(site: Draft, kind: string, { topic }: Message, problem: string): Draft {
  const { count, byTopic }: Misfits = site.misfits;
  const before = byTopic.get(kind)?.count ?? 0;
  return {
    ...site,
    misfits: { count: count + 1, byTopic: new Map(byTopic).set(kind, { count: before + 1, topic, problem }) },
  };
}
