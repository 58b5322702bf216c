/**
 * Brokers: reached, and both rights tried by using them. The rack clears an alarm that it never raised and hears itself
 * do so; nobody else sees a difference.
 */
import type { Config } from '#agent/config/config.ts';
import type { BrokerConfig } from '#agent/platform/broker.ts';
import { openBroker } from '#agent/platform/broker.ts';
import type { Clock } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';
import { filterOf, topicOf } from '#protocol/topics.ts';
import type { Millis } from '#protocol/units.ts';
import type { Finding } from './finding.ts';
import { fail, ok } from './finding.ts';

const CONNECT_MS: Millis = 10_000;
const ECHO_MS: Millis = 3000;

const SETTINGS =
  'look at urls, ca, certificate, key, username and password_file below `broker`, and whether a firewall is in the way';

/** `session` is what the agent shows the broker, under a client id of its own: a running agent is not disturbed. */
export async function checkBroker(config: Config, session: BrokerConfig, clock: Clock): Promise<Finding> {
  const { site, rack, groups } = config;
  const about = `broker ${session.url}`;
  const topic = topicOf(site, 'alarm', { rack, alarm: 'doctor' });
  const hears = [
    filterOf(site, 'orderAll'),
    ...groups.map((group) => filterOf(site, 'orderGroup', { group })),
    filterOf(site, 'orderRack', { rack }),
    filterOf(site, 'command', { rack }),
    filterOf(site, 'alarm', { rack }),
  ];
  const connected = Promise.withResolvers<{ protocol: 4 | 5; refused: string[] }>();
  const echo = Promise.withResolvers<'heard'>();
  let reason = 'it does not answer';
  const broker = openBroker(
    session,
    {
      subscriptions: () => hears,
      online: (info) => connected.resolve(info),
      offline: (why) => {
        // Which broker it is stands before it already.
        reason = why.replace(`${about} `, '');
      },
      message: (heard) => {
        if (heard === topic) echo.resolve('heard');
      },
    },
    { clock, log: openLog('silent'), random: () => 0.5 },
  );
  broker.start();
  try {
    const info = await Promise.race([connected.promise, after(clock, CONNECT_MS)]);
    if (!info) return fail(about, reason, SETTINGS);
    if (info.refused.length > 0) {
      return fail(
        about,
        `it denies us ${info.refused.join(', ')}`,
        "give the rack read access to them in the broker's ACL",
      );
    }
    const taken = await broker.publish({ topic, payload: '', retain: false });
    const heard = await Promise.race([echo.promise, after(clock, ECHO_MS)]);
    if (!taken || !heard) {
      const [branch] = topic.split('/alarm/');
      return fail(
        about,
        `what we publish below ${branch} does not arrive`,
        "give the rack write access to it in the broker's ACL",
      );
    }
    return ok(about, `MQTT ${info.protocol === 5 ? '5' : '3.1.1'}; the rack may subscribe and publish`);
  } finally {
    await broker.stop();
  }
}

async function after(clock: Clock, ms: Millis): Promise<undefined> {
  await clock.sleep(ms);
}
