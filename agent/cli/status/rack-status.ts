/** The agent's last words on every topic of its rack, read by the schemas of the wire. */

import * as z from 'zod';
import type { Payload, TopicName } from '#protocol/topics.ts';
import { locate, topics } from '#protocol/topics.ts';

export type RackStatus = Omit<z.infer<typeof statusAnswer>, 'topics' | 'more'> & {
  state?: Payload<'state'>;
  info?: Payload<'info'>;
  power?: Payload<'power'>;
  thermal?: Payload<'thermal'>;
  applied?: Payload<'applied'>;
  health?: Payload<'health'>;
  devices: Payload<'device'>[];
  alarms: Payload<'alarm'>[];
};

/** Payloads by the tail of their topic, such as `device/m01`. */
export const statusAnswer = z.object({
  rack: z.string(),
  /** `age_ms`: since anything came from it; null when nothing ever has. */
  brokers: z.array(z.object({ url: z.string(), online: z.boolean(), age_ms: z.number().nullable() })),
  /** Devices with hands inside. */
  locked_out: z.array(z.string()),
  /** Wall time until which a person runs the rack. */
  manual_until: z.number().nullable(),
  /** The device that commissioning tries now, empty between two; null when it does not run. */
  trying: z.string().nullable(),
  topics: z.record(z.string(), z.unknown()),
  /** Whether there is another page of topics. */
  more: z.boolean(),
});

export type StatusAnswer = z.infer<typeof statusAnswer>;

/** Topics that are missing, cleared or not as the wire says are left out. */
export function rackStatus(answer: Omit<StatusAnswer, 'more'>): RackStatus {
  const { topics: board, ...told } = answer;
  const status: RackStatus = { ...told, devices: [], alarms: [] };
  for (const [tail, payload] of Object.entries(board)) {
    // The tail says which topic it is; the site and rack in front of it do not matter for that.
    const name = locate(`ballast/v1/site/rack/rack/${tail}`)?.name;
    if (name) add(status, name, payload);
  }
  status.devices.sort((a, b) => a.device.localeCompare(b.device, 'en', { numeric: true }));
  return status;
}

function add(status: RackStatus, name: TopicName, payload: unknown): void {
  switch (name) {
    case 'device':
      status.devices.push(...valid('device', payload));
      break;
    case 'alarm':
      status.alarms.push(...valid('alarm', payload));
      break;
    case 'state':
    case 'info':
    case 'power':
    case 'thermal':
    case 'applied':
    case 'health':
      Object.assign(status, { [name]: valid(name, payload)[0] });
      break;
  }
}

function valid<Name extends TopicName>(name: Name, payload: unknown): Payload<Name>[] {
  const parsed = topics[name].schema.safeParse(payload);
  return parsed.success ? [parsed.data as Payload<Name>] : [];
}
