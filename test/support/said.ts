/** What racks and issuers say to the console, as messages: whole payloads of which a test names what it is about. */
import type { Message } from '#agent/console/model/message.ts';
import type { Order } from '#protocol/order.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Address, Payload, TopicName } from '#protocol/topics.ts';
import { orderTopic, topicOf } from '#protocol/topics.ts';
import type { Millis } from '#protocol/units.ts';

export const SITE = 'tx1';

type Said<Name extends TopicName> = {
  readonly [Key in keyof Payload<Name>]?: Payload<Name>[Key];
};

/** A live message heard at `atMs`, sent at the same moment. */
export function said<Name extends TopicName>(
  name: Name,
  address: Address<Name>,
  payload: Said<Name>,
  atMs: Millis,
): Message {
  const whole = { ...usual[name], v: 1, at: timestampOf(atMs), ...payload };
  return message(topicOf(SITE, name, address), JSON.stringify(whole), atMs);
}

/** An order of the event `ecrs-1` for half an hour from `fromMs`, heard at `atMs`. */
export function ordered(order: Partial<Order>, fromMs: Millis, atMs: Millis): Message {
  const span = { from: timestampOf(fromMs), until: timestampOf(fromMs + 1_800_000) };
  const whole: Order = {
    v: 1,
    type: 'order',
    id: 'order-1',
    event: 'ecrs-1',
    issuer: 'qse-north',
    program: 'ecrs',
    seq: atMs,
    scope: { site: SITE, to: 'all' },
    issued_at: timestampOf(atMs),
    intervals: [{ ...span, target: { kind: 'ceiling', fraction: 0.4 } }],
    priority: 0,
    ramp: { down_w_per_s: null, up_w_per_s: 100 },
    deadline_s: 30,
    reason: '',
    signature: { alg: 'Ed25519', kid: 'qse-north-2026', value: 'A'.repeat(86) },
    ...order,
  };
  return message(orderTopic(SITE, whole.issuer, whole.program, whole.scope.to), JSON.stringify(whole), atMs);
}

export function message(topic: string, text: string, atMs: Millis): Message {
  return { topic, payload: new TextEncoder().encode(text), retained: false, atMs };
}

const nothingMeasured = {
  voltage_v: null,
  frequency_hz: null,
  frequency_age_ms: null,
  frequency_resolution_hz: null,
  energy_import_wh: null,
  energy_export_wh: null,
};
const nothingFelt = {
  valid_s: 6,
  inlet_age_ms: null,
  outlet_c: null,
  outlet_age_ms: null,
  coolant_c: null,
  coolant_age_ms: null,
  coolant_in_c: null,
  coolant_in_age_ms: null,
  coolant_out_c: null,
  coolant_out_age_ms: null,
  humidity_pct: null,
  humidity_age_ms: null,
  flow_lpm: null,
  flow_age_ms: null,
  pressure_kpa: null,
  pressure_age_ms: null,
  leak: null,
  leak_age_ms: null,
  sensors: [],
};
const signature = { alg: 'Ed25519', kid: 'r01', value: 'A'.repeat(86) };

const usual: { readonly [Name in TopicName]?: object } = {
  state: { status: 'online', mode: 'normal', version: '1.0.0', instance: 'a', boot: 1, connection: 1 },
  power: {
    valid_s: 3,
    power_w: 30_000,
    power_from: 'metered',
    age_ms: 100,
    line_w: null,
    headroom_w: null,
    devices_w: null,
    outlets_w: null,
    pdus: [],
    ...nothingMeasured,
  },
  thermal: { inlet_c: 24, ...nothingFelt },
  info: {
    version: '1.0.0',
    speaks: [1],
    groups: [],
    rated_w: 40_000,
    down_w: 30_000,
    up_w: 0,
    down_s: 20,
    up_s: 60,
    for_s: null,
    down_curve: [],
    up_curve: [],
    config_hash: '0',
    public_key: 'A',
    devices: [],
  },
  event: {
    kind: 'order',
    order: 'order-1',
    event: 'ecrs-1',
    issuer: 'qse-north',
    program: 'ecrs',
    phase: null,
    code: null,
    device: null,
    power_w: null,
    power_age_ms: null,
    level_w: null,
    why: 'as it says',
  },
  ack: { type: 'order', id: 'order-1', code: null, detail: 'as it says', prediction: null },
  device: {
    state: 'awake',
    since: '2026-11-21T20:00:00.000Z',
    want: 'awake',
    why: 'home',
    home: 'awake',
    protected: false,
    power_w: 3_000,
    power_age_ms: 100,
    rated_w: 3_400,
    outlets_w: null,
    outlets: [],
    limit: null,
    hashrate_ths: null,
    efficiency_j_per_th: null,
    chip_max_c: null,
    asked_at: null,
    acknowledged_at: null,
    faults: [],
    last_error: null,
  },
  alarm: { severity: 'warning', message: 'something is wrong' },
  applied: { line_w: null, power_w: null, orders_in_force: 0, orders: [], homes: {}, moved: [], signature },
};
