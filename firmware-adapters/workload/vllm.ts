/**
 * vLLM's server, 0.8 and later: put to sleep and woken by its own endpoints, and read from its metrics page.
 *
 * What the technician must do: start the server with `--enable-sleep-mode` and VLLM_SERVER_DEV_MODE=1, which opens those
 * endpoints to everybody who reaches its port, and therefore bind it to the loopback address, behind the router that
 * takes requests in. Where that router can be told to send no more (`drain_url`, `admit_url`: a POST to each), name it:
 * vLLM aborts or hangs requests that race a sleep, and without a router nobody can stop them.
 *
 * Giving way is: stop routing, wait until nothing runs or waits, sleep (level 1: the weights move to the host's memory
 * and back in 0.1 to 6 s, vLLM's own figures), confirm. A server that is not drained by the deadline is not put to sleep
 * by this step: it routes again, and the next harder one follows.
 */
import * as z from 'zod';
import type { Millis, Seconds } from '#protocol/units.ts';
import type { AdapterContext } from '../contract.ts';
import { AdapterError, unless } from '../errors.ts';
import { checkedJson } from '../transport/fields.ts';
import type { QueueTime } from './demand.ts';
import { demandIn, vllmMetrics } from './demand.ts';
import { drained } from './drain.ts';
import type { Ask } from './engine.ts';
import { asker, serverUrl, TIMEOUT_MS } from './engine.ts';
import type { Step, Workload, WorkloadAdapter, WorkloadReading } from './workload.ts';

const options = z.object({
  /** Of the server itself. */
  url: serverUrl,
  /** Posted to before a sleep, and after waking: the router takes this server out, and in again. */
  drain_url: serverUrl.exactOptional(),
  admit_url: serverUrl.exactOptional(),
  /** Seconds that requests in flight usually need. */
  drain_s: z.number().min(0).max(600).default(30),
});
type VllmOptions = z.infer<typeof options>;

export const vllm: WorkloadAdapter<VllmOptions> = {
  name: 'vllm',
  options,
  serves: 'inference',
  open: (given, context) => new Vllm(given, context),
};

const SWITCH_MS: Millis = 60_000;
/** By vLLM's own figures: asleep within seconds, awake within 6 s. */
const SLEEP_S: Seconds = 5;
const WAKE_S: Seconds = 6;

const sleeping = z.object({ is_sleeping: z.boolean() });

class Vllm implements Workload {
  readonly #given: VllmOptions;
  readonly #clock: AdapterContext['clock'];
  readonly #log: AdapterContext['log'];
  readonly #ask: Ask;
  #queue: QueueTime | undefined;
  /** Without its developer mode it has no such endpoints. */
  #canSleep = true;
  /** Whether its router sends it requests for sure: an agent that was killed while it drained has left it without. */
  #admitted = false;
  #draining = false;

  constructor(given: VllmOptions, { clock, log, connect }: AdapterContext) {
    this.#given = given;
    this.#clock = clock;
    this.#log = log;
    this.#ask = asker({ clock, connect });
  }

  start(): void {}
  async stop(): Promise<void> {}

  async read(signal: AbortSignal): Promise<WorkloadReading> {
    const asleep = await unless(['unsupported'], this.#isSleeping(signal));
    this.#canSleep = asleep !== undefined;
    if (!asleep && !this.#admitted && !this.#draining) await this.#admit(signal);
    return { state: asleep ? 'paused' : 'running', ...(await this.#demand(signal)) };
  }

  get steps(): readonly Step[] {
    if (!this.#canSleep) return [];
    const takesS = this.#given.drain_s + SLEEP_S;
    return [{ name: 'sleep', takesS, lostS: WAKE_S, run: (_notice, signal) => this.#sleep(signal) }];
  }

  async resume(signal: AbortSignal): Promise<string> {
    if (await this.#isSleeping(signal)) await this.#post('/wake_up', signal);
    if (await this.#isSleeping(signal)) throw new AdapterError('refused', 'it says that it woke, and sleeps');
    await this.#admit(signal);
    return 'awake';
  }

  async #admit(signal: AbortSignal): Promise<void> {
    await this.#route(this.#given.admit_url, signal);
    this.#admitted = true;
  }

  async #sleep(signal: AbortSignal): Promise<string> {
    this.#draining = true;
    this.#admitted = false;
    try {
      await this.#route(this.#given.drain_url, signal);
      await drained(() => this.#demand(signal), this.#clock, signal);
      // Work that slipped in is finished, not aborted, by servers that know this mode; older ones ignore it.
      await this.#post('/sleep?level=1&mode=wait', signal);
      if (!(await this.#isSleeping(signal)))
        throw new AdapterError('refused', 'it says that it went to sleep, and is awake');
      return 'asleep';
    } catch (error) {
      // It goes on serving: what comes next, or nothing, must not find it without its router.
      const parting = this.#clock.timeout(TIMEOUT_MS);
      await this.#admit(parting).catch((failure: unknown) =>
        this.#log.warn({ error: failure }, 'the router sends this server nothing; it is told again'),
      );
      throw error;
    } finally {
      this.#draining = false;
    }
  }

  async #demand(signal: AbortSignal) {
    const { text } = await this.#ask('GET', new URL('/metrics', this.#given.url), TIMEOUT_MS, signal);
    const { demand, queue } = demandIn(text, vllmMetrics, this.#queue);
    this.#queue = queue;
    return demand;
  }

  async #isSleeping(signal: AbortSignal): Promise<boolean> {
    const { text } = await this.#ask('GET', new URL('/is_sleeping', this.#given.url), TIMEOUT_MS, signal);
    return checkedJson(sleeping, 'is_sleeping', text).is_sleeping;
  }

  async #post(path: string, signal: AbortSignal): Promise<void> {
    await this.#ask('POST', new URL(path, this.#given.url), SWITCH_MS, signal);
  }

  async #route(to: string | undefined, signal: AbortSignal): Promise<void> {
    if (to !== undefined) await this.#ask('POST', new URL(to), TIMEOUT_MS, signal);
  }
}
