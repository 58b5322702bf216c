/** The mode of a stock Antminer: how it sleeps, and what it wakes into. */
import type { Millis } from '#protocol/units.ts';
import type { Clock } from '../../contract.ts';
import type { HttpJson } from '../../transport/http-reply.ts';
import type { AntminerConf } from './conf.ts';
import { confOf, modeOf, sleepModeOf, withMode } from './conf.ts';
import type { AntminerSession } from './session.ts';

/**
 * How old the configuration may be that goes back with a new mode. Every reading renews it; a person's change of pools
 * within the last seconds would be undone, a round trip before every cut would be its price.
 */
const CONF_LIFE_MS: Millis = 60_000;

/** Not a queue: the caller lets one call run at a time. */
export class AntminerMode {
  readonly #session: AntminerSession;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #conf: AntminerConf | undefined;
  #until: Millis = 0;
  /** The mode before it slept. */
  #awakeMode: number;
  /** What was acknowledged last, until the configuration has been read again. */
  #unseen: number | undefined;
  /** This build takes the mode as text. */
  #asText = false;

  constructor(session: AntminerSession, wakeMode: number, clock: Pick<Clock, 'monotonic'>) {
    this.#session = session;
    this.#awakeMode = wakeMode;
    this.#clock = clock;
  }

  /** What the configuration says; undefined when it does not say. */
  get sleeps(): boolean | undefined {
    const mode = this.#conf && modeOf(this.#conf);
    return this.#conf === undefined || mode === undefined ? undefined : mode === sleepModeOf(this.#conf);
  }

  /** Reads the configuration. Until that has come, what was read before holds: a cut may push this aside. */
  async look(signal: AbortSignal): Promise<HttpJson> {
    const until = this.#clock.monotonic() + CONF_LIFE_MS;
    const reply = await this.#session.read('get_miner_conf', signal);
    const conf = confOf(reply.value);
    this.#conf = conf;
    this.#until = until;
    const mode = modeOf(conf);
    // Acknowledged, and not done: the next try is in the other form.
    if (this.#unseen !== undefined && mode !== this.#unseen) this.#asText = !this.#asText;
    this.#unseen = undefined;
    if (mode !== undefined && mode !== sleepModeOf(conf)) this.#awakeMode = mode;
    return reply;
  }

  /** Returns the miner's words. One round trip with a fresh configuration in hand, two without. */
  async sleep(signal: AbortSignal): Promise<string> {
    const conf = await this.#fresh(signal);
    return await this.#set(conf, sleepModeOf(conf), signal);
  }

  /** A miner that is in the mode already is left alone: writing it once more would restart its mining process. */
  async wake(signal: AbortSignal): Promise<string> {
    const conf = await this.#fresh(signal);
    if (modeOf(conf) === this.#awakeMode) return `already in mode ${this.#awakeMode}`;
    return await this.#set(conf, this.#awakeMode, signal);
  }

  async #fresh(signal: AbortSignal): Promise<AntminerConf> {
    if (this.#conf && this.#clock.monotonic() < this.#until) return this.#conf;
    return confOf((await this.look(signal)).value);
  }

  async #set(conf: AntminerConf, mode: number, signal: AbortSignal): Promise<string> {
    // Whatever becomes of it, what was read before holds no more.
    this.#conf = undefined;
    const said = await this.#session.write('set_miner_conf', withMode(conf, mode, this.#asText), signal);
    this.#unseen = mode;
    return said;
  }
}
