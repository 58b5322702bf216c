/** What racks and issuers say to the console, as messages: whole payloads of which a test names what it is about. */
import type { Message } from '#agent/console/model/message.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Address, Payload, TopicName } from '#protocol/topics.ts';
import { topicOf } from '#protocol/topics.ts';
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
  alarm: { severity: 'warning', message: 'something is wrong' },
  applied: { line_w: null, power_w: null, orders_in_force: 0, orders: [], homes: {}, moved: [], signature },
};
