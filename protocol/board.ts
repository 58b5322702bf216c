/** All that a rack retains, by the tails of its topics, read by their schemas: for whoever looks at one rack. */
import type { Payload, TopicName } from './topics.ts';
import { locate, topics } from './topics.ts';

export type Board = {
  state?: Payload<'state'>;
  info?: Payload<'info'>;
  power?: Payload<'power'>;
  thermal?: Payload<'thermal'>;
  workload?: Payload<'workload'>;
  applied?: Payload<'applied'>;
  health?: Payload<'health'>;
  /** In the order of their names, `m2` before `m10`. */
  devices: Payload<'device'>[];
  alarms: Payload<'alarm'>[];
};

/** @param said payloads by tail, such as `device/m01`. What is cleared, or not as the wire says, is left out. */
export function boardOf(said: Readonly<Record<string, unknown>>): Board {
  const board: Board = { devices: [], alarms: [] };
  for (const [tail, payload] of Object.entries(said)) {
    // The tail says which topic it is; the site and rack in front of it do not matter for that.
    const name = locate(`ballast/v1/site/rack/rack/${tail}`)?.name;
    if (name) add(board, name, payload);
  }
  board.devices.sort((a, b) => a.device.localeCompare(b.device, 'en', { numeric: true }));
  return board;
}

function add(board: Board, name: TopicName, payload: unknown): void {
  switch (name) {
    case 'device':
      board.devices.push(...valid('device', payload));
      break;
    case 'alarm':
      board.alarms.push(...valid('alarm', payload));
      break;
    case 'state':
    case 'info':
    case 'power':
    case 'thermal':
    case 'workload':
    case 'applied':
    case 'health':
      Object.assign(board, { [name]: valid(name, payload)[0] });
      break;
  }
}

function valid<Name extends TopicName>(name: Name, payload: unknown): Payload<Name>[] {
  const parsed = topics[name].schema.safeParse(payload);
  return parsed.success ? [parsed.data as Payload<Name>] : [];
}
