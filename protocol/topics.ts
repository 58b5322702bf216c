/**
 * Every topic with its payload's schema, in one map: a wrong payload on a topic does not compile, and the JSON Schemas
 * are exported from here.
 */
import type * as z from 'zod';
import { command } from './command.ts';
import { ack, rackEvent } from './lifecycle.ts';
import { order } from './order.ts';
import {
  alarm,
  applied,
  device,
  evidence,
  health,
  history,
  info,
  power,
  state,
  thermal,
  workload,
} from './telemetry.ts';

const entry = <const Path extends string, Schema extends z.ZodType>(path: Path, retained: boolean, schema: Schema) => ({
  path,
  retained,
  schema,
});

export const topics = {
  state: entry('rack/{rack}/state', true, state),
  info: entry('rack/{rack}/info', true, info),
  power: entry('rack/{rack}/power', true, power),
  thermal: entry('rack/{rack}/thermal', true, thermal),
  workload: entry('rack/{rack}/workload', true, workload),
  device: entry('rack/{rack}/device/{device}', true, device),
  applied: entry('rack/{rack}/applied', true, applied),
  alarm: entry('rack/{rack}/alarm/{alarm}', true, alarm),
  health: entry('rack/{rack}/health', true, health),
  event: entry('rack/{rack}/event', false, rackEvent),
  evidence: entry('rack/{rack}/evidence', false, evidence),
  history: entry('rack/{rack}/history', false, history),
  orderAll: entry('order/{issuer}/{program}/all', true, order),
  orderGroup: entry('order/{issuer}/{program}/group/{group}', true, order),
  orderRack: entry('order/{issuer}/{program}/rack/{rack}', true, order),
  command: entry('command/{issuer}/rack/{rack}', false, command),
  ack: entry('ack/{issuer}', false, ack),
};

export type TopicName = keyof typeof topics;
export type Payload<Name extends TopicName> = z.infer<(typeof topics)[Name]['schema']>;

type Holes<Path extends string> = Path extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never;
/** The names that fill the holes of a topic's path. */
export type Address<Name extends TopicName> = Record<Holes<(typeof topics)[Name]['path']>, string>;

/** The full topic of `name` at a site. */
export function topicOf<Name extends TopicName>(site: string, name: Name, address: Address<Name>): string {
  const names: Record<string, string> = address;
  return `ballast/v1/${site}/${topics[name].path.replace(/\{(\w+)\}/g, (_hole, key: string) => names[key] ?? '+')}`;
}

/** A subscription to `name` at a site; holes left out become `+`. */
export function filterOf<Name extends TopicName>(
  site: string,
  name: Name,
  address: Partial<Address<Name>> = {},
): string {
  return topicOf(site, name, address as Address<Name>);
}

/** The topic an order for `to` is retained on. */
export function orderTopic(site: string, issuer: string, program: string, to: string): string {
  return `ballast/v1/${site}/order/${issuer}/${program}/${to}`;
}

export type Located<Name extends TopicName = TopicName> = {
  [Each in Name]: { name: Each; site: string; address: Address<Each> };
}[Name];

/** Which topic of the map this is; undefined for any other. */
export function locate(topic: string): Located | undefined {
  const [root, version, site, ...rest] = topic.split('/');
  if (root !== 'ballast' || version !== 'v1' || site === undefined) return undefined;
  for (const [name, { path }] of Object.entries(topics)) {
    const address = match(path.split('/'), rest);
    if (address) return { name, site, address } as Located;
  }
  return undefined;
}

function match(pattern: string[], parts: string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const address: Record<string, string> = {};
  for (const [i, want] of pattern.entries()) {
    const got = parts[i] ?? '';
    if (want.startsWith('{')) address[want.slice(1, -1)] = got;
    else if (want !== got) return undefined;
  }
  return address;
}
