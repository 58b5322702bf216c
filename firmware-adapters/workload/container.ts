/**
 * A container of Docker, or of Podman through its Docker API, over its Unix socket: paused and unpaused by the freezer of
 * its control group, and stopped and started where the config says what that loses.
 *
 * What the technician must do: let the agent's user open that socket, which is as good as root, and name the container,
 * since ids change. A paused container keeps its GPUs' memory, and their idle watts.
 */
import * as z from 'zod';
import type { Millis, Seconds } from '#protocol/units.ts';
import type { AdapterContext } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import { checkedJson } from '../transport/fields.ts';
import { HttpLine } from '../transport/http.ts';
import { connectUnix } from '../transport/unix.ts';
import type { Step, Workload, WorkloadAdapter, WorkloadReading } from './workload.ts';

const options = z.object({
  container: z.string().regex(/^[a-zA-Z0-9][\w.-]{0,127}$/, 'must be the name of a container'),
  docker: z.string().startsWith('/').default('/var/run/docker.sock'),
  /** Seconds that a stop waits before it kills, and the work that it loses; absent for one that is never stopped. */
  stop: z.strictObject({ grace_s: z.int().min(0).max(600).default(30), loses_s: z.number().min(0) }).exactOptional(),
});
type ContainerOptions = z.infer<typeof options>;

export const container: WorkloadAdapter<ContainerOptions> = {
  name: 'container',
  options,
  open: (given, { clock }) => new Container(given, clock),
};

const TIMEOUT_MS: Millis = 5_000;
const PAUSE_S: Seconds = 1;
const NOT_MODIFIED = 304;

/** `paused` is said beside `running`. */
const inspected = z.object({ State: z.object({ Running: z.boolean(), Paused: z.boolean() }) });

class Container implements Workload {
  readonly #given: ContainerOptions;
  readonly #clock: AdapterContext['clock'];

  constructor(given: ContainerOptions, clock: AdapterContext['clock']) {
    this.#given = given;
    this.#clock = clock;
  }

  start(): void {}
  async stop(): Promise<void> {}

  async read(signal: AbortSignal): Promise<WorkloadReading> {
    const { State } = checkedJson(inspected, 'inspect', await this.#ask('GET', 'json', TIMEOUT_MS, signal));
    if (State.Paused) return { state: 'paused' };
    return { state: State.Running ? 'running' : 'stopped' };
  }

  get steps(): readonly Step[] {
    const { stop } = this.#given;
    const pause: Step = {
      name: 'freeze',
      takesS: PAUSE_S,
      lostS: 0,
      run: (_notice, signal) => this.#tell('pause', signal),
    };
    if (!stop) return [pause];
    const { grace_s: takesS, loses_s: lostS } = stop;
    return [pause, { name: 'stop', takesS, lostS, run: (_notice, signal) => this.#tell(`stop?t=${takesS}`, signal) }];
  }

  /** Unpauses a paused one; starts one only where this adapter may have stopped it. */
  async resume(signal: AbortSignal): Promise<string> {
    const { state } = await this.read(signal);
    if (state === 'paused') return await this.#tell('unpause', signal);
    if (state === 'stopped' && this.#given.stop) return await this.#tell('start', signal);
    return `is ${state}`;
  }

  async #tell(verb: string, signal: AbortSignal): Promise<string> {
    await this.#ask('POST', verb, TIMEOUT_MS + 1000 * (this.#given.stop?.grace_s ?? 0), signal);
    return verb;
  }

  async #ask(method: 'GET' | 'POST', verb: string, timeoutMs: Millis, signal: AbortSignal): Promise<string> {
    const { container: name, docker } = this.#given;
    const line = new HttpLine({ host: 'docker', port: 80, connect: connectUnix(docker), clock: this.#clock });
    try {
      const { status, text } = await line.ask(
        { method, path: `/containers/${name}/${verb}`, timeoutMs, once: true },
        signal,
      );
      // It is so already.
      if ((status >= 200 && status < 300) || status === NOT_MODIFIED) return text;
      throw new AdapterError('refused', `${verb} of ${name}: status ${status} ${text.slice(0, 120)}`, { code: status });
    } finally {
      line.close();
    }
  }
}
