/** Partial power on VNish: the strongest preset within the watts asked for. */
import type { Range } from '#protocol/capability.ts';
import type { Watts } from '#protocol/units.ts';
import { AdapterError } from '../../errors.ts';
import type { Preset } from './reading.ts';
import { presetIn, presetsOf, withPreset } from './reading.ts';
import type { VnishSession } from './session.ts';

/** Not a queue: the caller lets one call run at a time. */
export class VnishPresets {
  readonly #session: VnishSession;
  readonly #takesUntuned: boolean;
  #presets: readonly Preset[] = [];
  /** The last limit that the miner accepted, and the preset it stands for. */
  #asked: { watts: Watts; preset: string } | undefined;

  constructor(session: VnishSession, takesUntuned: boolean) {
    this.#session = session;
    this.#takesUntuned = takesUntuned;
  }

  /** What may be asked for; undefined until the miner has named two presets that may be used. */
  get range(): Range | undefined {
    const watts = this.#presets.map((preset) => preset.watts);
    const [min, max] = [watts[0], watts.at(-1)];
    if (min === undefined || max === undefined || min >= max) return undefined;
    const gaps = watts.slice(1).map((each, below) => each - (watts[below] ?? 0));
    return { min, max, step: Math.min(...gaps.filter((gap) => gap > 0)), unit: 'watts' };
  }

  /** An untuned preset would begin to tune, for hours: it counts only where the config says so, or where it is in force. */
  async learn(signal: AbortSignal): Promise<void> {
    const current = presetIn((await this.#session.read('perf-summary', signal)).value);
    const all = presetsOf((await this.#session.read('autotune/presets', signal)).value);
    this.#presets = all.filter(({ name, tuned }) => tuned || this.#takesUntuned || name === current);
  }

  /**
   * Watts of the limit in force. A limit is the number that was asked for as long as its preset is in force: no preset
   * draws exactly what an order says.
   */
  inForce(perfSummary: unknown): Watts | undefined {
    const name = presetIn(perfSummary);
    if (this.#asked && this.#asked.preset === name) return this.#asked.watts;
    return this.#presets.find((preset) => preset.name === name)?.watts;
  }

  /** Returns the miner's words. The mining process is restarted where the miner asks for it. */
  async set(watts: Watts, signal: AbortSignal): Promise<string> {
    const range = this.range;
    const preset = range && watts <= range.max ? this.#presets.findLast((each) => each.watts <= watts) : undefined;
    if (!preset) {
      throw new AdapterError('refused', `a limit of ${watts} W is outside ${range?.min} to ${range?.max} W`);
    }
    const settings = await this.#session.read('settings', signal);
    const { value } = await this.#session.command('settings', withPreset(settings.value, preset.name), signal);
    if (asksForRestart(value)) await this.#session.command('mining/restart', undefined, signal);
    this.#asked = { watts, preset: preset.name };
    return `preset ${preset.name}`;
  }
}

function asksForRestart(reply: unknown): boolean {
  return typeof reply === 'object' && reply !== null && 'restart_required' in reply && reply.restart_required === true;
}
