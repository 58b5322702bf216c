/** Holds what was published against the map of topics. */
import type { Outgoing } from '#agent/platform/broker.ts';
import { locate, topics } from '#protocol/topics.ts';

/** What is wrong with a message of the rack; empty for what others publish. */
export function misfit({ topic, payload, retain }: Outgoing): string[] {
  const located = locate(topic);
  if (!located) return [`${topic} is not a topic of the protocol`];
  if (located.name.startsWith('order') || located.name === 'command') return [];
  const { schema, retained } = topics[located.name];
  const wrong = retain === retained ? [] : [`${topic}: retain is ${retain}`];
  const parsed = payload === '' ? undefined : schema.safeParse(JSON.parse(payload));
  return parsed?.success === false ? [...wrong, `${topic}: ${parsed.error.message} in ${payload}`] : wrong;
}
