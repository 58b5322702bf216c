/**
 * Partial power on LuxOS: the strongest profile within the watts asked for.
 *
 * Advanced Thermal Management (ATM) moves the profile with the heat, between bounds of its own, and while it is on no
 * profile can be set. Leaving it off would leave the boards without it for as long as the limit lasts, so it is off
 * only for the moment of the change, and gets the limit as its upper bound.
 */
import type { Range } from '#protocol/capability.ts';
import type { Watts } from '#protocol/units.ts';
import { AdapterError } from '../../errors.ts';
import type { Profile } from './profiles.ts';
import { limitRange, profilesOf, profileWithin } from './profiles.ts';
import { capOf, steersByWatts, thermalOf } from './reading.ts';
import type { Replies } from './reply.ts';
import type { LuxosSession } from './session.ts';

/** Not a queue: the caller lets one call run at a time. */
export class LuxosLimit {
  readonly #session: LuxosSession;
  #profiles: readonly Profile[] = [];
  /** The last limit that the miner accepted, and the name of the profile it stands for. */
  #asked: { watts: Watts; profile: string } | undefined;
  /** What puts ATM back as it was: set while it is off because of us. */
  #atmDue: readonly string[] | undefined;

  constructor(session: LuxosSession) {
    this.#session = session;
  }

  get profiles(): readonly Profile[] {
    return this.#profiles;
  }

  /** What may be asked for; undefined while the profiles are not known, or where they do not steer the miner. */
  get range(): Range | undefined {
    return limitRange(this.#profiles);
  }

  /** Whether `restoreAtm` has something to do. */
  get owesAtm(): boolean {
    return this.#atmDue !== undefined;
  }

  /** Fetches the profiles. A miner that has none keeps none. */
  async learn(signal: AbortSignal): Promise<void> {
    const { bodies } = await this.#session.ask(['config', 'profiles'], signal);
    this.#profiles = steersByWatts(bodies['config']) ? [] : profilesOf(bodies['profiles']);
  }

  /** Returns the miner's words. Throws `AdapterError`, or the signal's reason; then `owesAtm` tells what is left to do. */
  async set(watts: Watts, lowers: boolean, signal: AbortSignal): Promise<string> {
    const profile = this.#chosen(watts);
    const said = await this.#apply(profile, lowers, signal);
    this.#asked = { watts, profile: profile.name };
    return said;
  }

  /** Switches ATM on again after `set` switched it off. */
  async restoreAtm(signal: AbortSignal): Promise<void> {
    if (!this.#atmDue) return;
    await this.#session.command('atmset', this.#atmDue, signal);
    this.#atmDue = undefined;
  }

  /**
   * Watts of the limit in force. A limit is the number that was asked for as long as its profile is the bound: no
   * profile draws exactly what an order says.
   */
  inForce(replies: Replies['bodies']): Watts | undefined {
    const cap = capOf(replies, this.#profiles);
    return cap && this.#asked?.profile === cap.name ? this.#asked.watts : cap?.watts;
  }

  #chosen(watts: Watts): Profile {
    const range = this.range;
    const profile = range && watts <= range.max ? profileWithin(this.#profiles, watts) : undefined;
    if (profile) return profile;
    throw new AdapterError('refused', `a limit of ${watts} W is outside ${range?.min} to ${range?.max} W`);
  }

  async #apply(profile: Profile, lowers: boolean, signal: AbortSignal): Promise<string> {
    const { bodies } = await this.#session.ask(['config', 'atm'], signal);
    const { atmOn, running } = thermalOf(bodies, this.#profiles);
    const bound = `max_profile=${profile.name}`;
    if (!atmOn) return await this.#session.command('profileset', [profile.name], signal);
    // The heat keeps it lower already: a limit must not raise it.
    const isLower = running !== undefined && running.watts <= profile.watts;
    if (lowers && isLower) return await this.#session.command('atmset', [bound], signal);
    this.#atmDue = ['enabled=true'];
    await this.#session.command('atmset', ['enabled=false'], signal);
    const said = await this.#session.command('profileset', [profile.name], signal);
    this.#atmDue = ['enabled=true', bound];
    return said;
  }
}
