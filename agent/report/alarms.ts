/** What a person must know of, each on its own retained topic that clears itself. */
import { feltLeak } from '#agent/state/felt.ts';
import { whyUnheard } from '#agent/state/frozen.ts';
import type { Now } from '#agent/state/observation.ts';
import type { PduView, Picture, SensorView } from '#agent/state/picture.ts';
import { devicesOf } from '#agent/state/picture.ts';
import { freshMeter, freshReading } from '#agent/state/staleness.ts';
import type { Alarm } from '#protocol/telemetry.ts';
import { timestampOf } from '#protocol/time.ts';
import type { Publisher } from './publisher.ts';

export type Raised = { readonly severity: Alarm['severity']; readonly message: string };

/** Alarms that follow from the picture. A meter that has not spoken yet gets its time after the start. */
export function alarmsOf(picture: Picture, now: Now, startedAt: number): Map<string, Raised> {
  const alarms = new Map<string, Raised>();
  for (const meter of Object.values(picture.meters)) {
    const { id } = meter.facts;
    if (freshMeter(meter, now) || now.mono - startedAt < GRACE_MS) continue;
    alarms.set(`meter-${id}`, { severity: 'critical', message: whyUnheard(meter) });
  }
  for (const [kind, views] of [['sensor', picture.sensors] as const, ['pdu', picture.pdus] as const]) {
    for (const view of Object.values<SensorView | PduView>(views)) {
      if (freshReading<object>(view, now) || now.mono - startedAt < GRACE_MS) continue;
      const { facts, trouble } = view;
      const message = `${kind} ${facts.id} is silent: ${trouble?.message ?? 'no reading'}`;
      alarms.set(`${kind}-${facts.id}`, { severity: 'warning', message });
    }
  }
  for (const { facts, reading } of Object.values(picture.pdus)) {
    if (reading?.unarmed === undefined) continue;
    alarms.set(`pdu-${facts.id}-dead-man`, { severity: 'warning', message: reading.unarmed });
  }
  const leak = feltLeak(picture, now);
  if (leak?.value) alarms.set('leak', { severity: 'critical', message: `sensor ${leak.sensor} is wet` });
  for (const { facts, state, trouble, since } of devicesOf(picture)) {
    const bad = state === 'unreachable' || state === 'unauthorised' || state === 'wrong_device';
    if (!bad || now.mono - since.mono < GRACE_MS) continue;
    const severity = state === 'wrong_device' ? 'critical' : 'warning';
    alarms.set(`device-${facts.id}`, { severity, message: `${facts.id} is ${state}: ${trouble?.message ?? ''}` });
  }
  return alarms;
}

/** One missed reply is no alarm. */
const GRACE_MS = 10_000;

export class AlarmBoard {
  readonly #rack: string;
  readonly #publisher: Publisher;
  readonly #standing = new Map<string, Raised & { since: string }>();

  constructor(rack: string, publisher: Publisher) {
    this.#rack = rack;
    this.#publisher = publisher;
  }

  /** Publishes what is new or has changed, and clears what is over. */
  show(alarms: ReadonlyMap<string, Raised>, now: Now): void {
    const at = timestampOf(now.wall);
    for (const alarm of [...this.#standing.keys()].filter((each) => !alarms.has(each))) {
      this.#standing.delete(alarm);
      this.#publisher.clear('alarm', { rack: this.#rack, alarm });
    }
    for (const [alarm, raised] of alarms) {
      const standing = this.#standing.get(alarm);
      if (standing?.message === raised.message) continue;
      const since = standing?.since ?? at;
      this.#standing.set(alarm, { ...raised, since });
      this.#publisher.say('alarm', { rack: this.#rack, alarm }, { v: 1, at, alarm, since, ...raised });
    }
  }
}
