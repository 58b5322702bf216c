/** Who may say and hear what on a broker, found out by doing it. */
import type { IClientOptions, MqttClient } from 'mqtt';
import { connectAsync } from 'mqtt';

export type Account = { readonly url: string } & IClientOptions;
/** Who says something on a topic, and who hears it. */
export type Right = readonly [who: string, topic: string, heardBy: readonly string[]];

/** Everyone listens to everything; each thing is said in turn. @returns what became of it, in the same form. */
export async function tried(
  accounts: Readonly<Record<string, Account>>,
  rights: readonly Right[],
  marker: Right,
): Promise<Right[]> {
  const clients = new Map<string, MqttClient>();
  const heard = new Map<string, Set<string>>();
  try {
    for (const [name, { url, ...how }] of Object.entries(accounts)) {
      const client = await connectAsync(url, { ...how, reconnectPeriod: 0 });
      clients.set(name, client);
      heard.set(name, new Set());
      client.on('message', (_topic, payload) => heard.get(name)?.add(payload.toString()));
      await client.subscribeAsync('#', { qos: 1 });
    }
    // Acknowledged once it is on its way to all who may hear it; what comes last, comes after all the others.
    for (const [i, [who, topic]] of [...rights, marker].entries()) {
      await clients.get(who)?.publishAsync(topic, String(i), { qos: 1 });
    }
    const last = String(rights.length);
    for (const name of marker[2]) {
      const client = clients.get(name);
      while (!heard.get(name)?.has(last)) await new Promise((arrived) => client?.once('message', arrived));
    }
    return rights.map(
      ([who, topic], i): Right => [who, topic, Object.keys(accounts).filter((name) => heard.get(name)?.has(String(i)))],
    );
  } finally {
    await Promise.all([...clients.values()].map((client) => client.endAsync(true)));
  }
}
