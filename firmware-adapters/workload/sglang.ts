/**
 * SGLang's server, started with `--enable-metrics`: its demand is read from its metrics page. Started with
 * `--enable-memory-saver` too, it can let go of its GPUs' memory and take it again.
 *
 * What the technician must do for that: bind the server to the loopback address, behind a router that can be told to
 * send no more (`drain_url`, `admit_url`: a POST to each), and name a file (`mark`) that survives the agent. The server
 * does not tell whether it has let go, does not survive being told twice, and dies over requests that are in flight. So
 * it is drained first, and the file says how far it is. An agent that was killed in the very moment leaves `releasing`
 * there: then a person looks whether the server answers, and deletes the file.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import type { Millis, Seconds } from '#protocol/units.ts';
import { AdapterError } from '../errors.ts';
import { sglangMetrics } from './demand.ts';
import { drained } from './drain.ts';
import type { Ask } from './engine.ts';
import { asker, serverUrl, TIMEOUT_MS, WatchedEngine } from './engine.ts';
import type { Step, Workload, WorkloadAdapter, WorkloadContext, WorkloadReading } from './workload.ts';

const saver = z.strictObject({
  drain_url: serverUrl,
  admit_url: serverUrl,
  mark: z.string().startsWith('/'),
  /** Seconds that requests in flight usually need. */
  drain_s: z.number().min(0).max(600).default(30),
});
type Saver = z.infer<typeof saver>;
const options = z.object({
  /** Of its metrics page. */
  url: serverUrl,
  memory_saver: saver.exactOptional(),
});

export const sglang: WorkloadAdapter<z.infer<typeof options>> = {
  name: 'sglang',
  options,
  serves: 'inference',
  open: ({ url: page, memory_saver: saves }, context) => {
    const ask = asker(context);
    const engine = new WatchedEngine(new URL(page), sglangMetrics, ask);
    return saves ? new Sglang(engine, new URL(page), saves, ask, context) : engine;
  },
};

const SWITCH_MS: Millis = 60_000;
/** Assumed, as of vLLM: the weights move over the same bus. */
const RELEASE_S: Seconds = 5;
const RESUME_S: Seconds = 6;

class Sglang implements Workload {
  readonly #engine: WatchedEngine;
  readonly #page: URL;
  readonly #saver: Saver;
  readonly #ask: Ask;
  readonly #context: WorkloadContext;

  constructor(engine: WatchedEngine, page: URL, given: Saver, ask: Ask, context: WorkloadContext) {
    this.#engine = engine;
    this.#page = page;
    this.#saver = given;
    this.#ask = ask;
    this.#context = context;
  }

  start(): void {}
  async stop(): Promise<void> {}

  async read(signal: AbortSignal): Promise<WorkloadReading> {
    const reading = await this.#engine.read(signal);
    return { ...reading, state: (await this.#isReleased()) ? 'paused' : 'running' };
  }

  get steps(): readonly Step[] {
    const takesS = this.#saver.drain_s + RELEASE_S;
    return [{ name: 'sleep', takesS, lostS: RESUME_S, run: (_notice, signal) => this.#release(signal) }];
  }

  async resume(signal: AbortSignal): Promise<string> {
    if (await this.#isReleased()) {
      // Until it is known what became of it, the mark says that nobody knows.
      await this.#mark('releasing');
      await this.#tell('/resume_memory_occupation', signal);
      await rm(this.#saver.mark, { force: true });
    }
    await this.#route(this.#saver.admit_url, signal);
    return 'has its memory';
  }

  async #release(signal: AbortSignal): Promise<string> {
    if (await this.#isReleased()) return 'has let go already';
    try {
      await this.#route(this.#saver.drain_url, signal);
      await drained(() => this.#engine.read(signal), this.#context.clock, signal);
    } catch (error) {
      // It goes on serving: what comes next, or nothing, must not find it without its router.
      await this.#route(this.#saver.admit_url, this.#context.clock.timeout(TIMEOUT_MS)).catch((failure: unknown) =>
        this.#context.log.warn({ error: failure }, 'the router sends this server nothing'),
      );
      throw error;
    }
    await this.#mark('releasing');
    await this.#tell('/release_memory_occupation', signal);
    await this.#mark('released');
    return 'has let go of its memory';
  }

  async #mark(mark: 'releasing' | 'released'): Promise<void> {
    await writeFile(this.#saver.mark, `${mark}\n`);
  }

  async #isReleased(): Promise<boolean> {
    const { mark } = this.#saver;
    const said = await readFile(mark, 'utf8').then(
      (text) => text.trim(),
      () => undefined,
    );
    if (said === undefined || said === 'released') return said !== undefined;
    throw new AdapterError(
      'refused',
      `nobody knows whether it has its memory: see that it answers, then delete ${mark}`,
    );
  }

  #tell(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#ask('POST', new URL(path, this.#page), SWITCH_MS, signal, { type: 'application/json', text: '{}' });
  }

  #route(to: string, signal: AbortSignal): Promise<unknown> {
    return this.#ask('POST', new URL(to), TIMEOUT_MS, signal);
  }
}
