/** What is said of each device, retained: again whenever there is something new to say. */
import type { Now } from '#agent/state/observation.ts';
import type { DeviceView, Picture } from '#agent/state/picture.ts';
import { deviceOf, devicesOf } from '#agent/state/picture.ts';
import type { DeviceStatus } from '#protocol/telemetry.ts';
import type { Millis } from '#protocol/units.ts';
import type { Publisher } from './publisher.ts';
import type { Intent } from './telemetry.ts';
import { devicePayload } from './telemetry.ts';

/** What was said of a device, and what it was like when that was last thought over. */
type Told = { readonly said: DeviceStatus; readonly view: DeviceView; readonly intent: Intent };

/** A device's payload is said again when its watts have moved by this share of its nameplate. */
const NOTABLE = 0.02;
/** Age changes what is said too, and so do outlets: so often all of them are looked at. */
const ALL_MS: Millis = 1000;

export class DeviceBoard {
  readonly #rack: string;
  readonly #publisher: Pick<Publisher, 'say' | 'clear'>;
  readonly #told = new Map<string, Told>();
  #allDue: Millis = 0;

  constructor(rack: string, publisher: Pick<Publisher, 'say' | 'clear'>) {
    this.#rack = rack;
    this.#publisher = publisher;
  }

  /** Between two looks at all only those that have changed: a turn of a full rack changes few of its devices. */
  show(picture: Picture, intents: ReadonlyMap<string, Intent>, at: Now): void {
    const all = at.mono >= this.#allDue;
    if (all) this.#allDue = at.mono + ALL_MS;
    for (const gone of [...this.#told.keys()].filter((id) => !deviceOf(picture, id))) {
      this.#told.delete(gone);
      this.#publisher.clear('device', { rack: this.#rack, device: gone });
    }
    for (const view of devicesOf(picture)) {
      const intent = intents.get(view.facts.id);
      if (intent && (all || this.#isChanged(view, intent))) this.#look(view, intent, picture, at);
    }
  }

  #isChanged(view: DeviceView, intent: Intent): boolean {
    const told = this.#told.get(view.facts.id);
    return told?.view !== view || !isSame(told.intent, intent);
  }

  #look(view: DeviceView, intent: Intent, picture: Picture, at: Now): void {
    const { id } = view.facts;
    const payload = devicePayload(picture, view, intent, at);
    const before = this.#told.get(id)?.said;
    const isNews = !before || isNotable(before, payload);
    this.#told.set(id, { said: isNews ? payload : before, view, intent });
    if (isNews) this.#publisher.say('device', { rack: this.#rack, device: id }, payload);
  }
}

function isSame(a: Intent, b: Intent): boolean {
  return a.want === b.want && a.why === b.why && a.home === b.home && a.protected === b.protected;
}

/** Anything but time, age and small moves of the figures. */
function isNotable(said: DeviceStatus, next: DeviceStatus): boolean {
  const words = ({ state, want, why, home, last_error, faults, acknowledged_at, outlets }: DeviceStatus) =>
    JSON.stringify([state, want, why, home, last_error, faults, acknowledged_at, outlets.map(({ on }) => on)]);
  if (words(said) !== words(next)) return true;
  const moved = (key: 'power_w' | 'outlets_w') => Math.abs((said[key] ?? 0) - (next[key] ?? 0));
  return Math.max(moved('power_w'), moved('outlets_w')) > NOTABLE * next.rated_w;
}
