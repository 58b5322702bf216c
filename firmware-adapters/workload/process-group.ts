/**
 * A process and all that it has started, as a plain command on a machine: frozen by SIGSTOP to its group and let go on
 * by SIGCONT. It needs nothing of the job; what it computes stays in memory, and its GPUs keep their idle watts.
 *
 * What the technician must do: have the job write the id of its group's leader to `pidfile` (`setsid` and `echo $$`),
 * and let the agent run as the same user or as root. A job that answers requests is better put to sleep by its own
 * interface: frozen, it leaves them unanswered.
 *
 * A process id is used again when its process has ended: the group is left alone when its leader started after the file
 * was written.
 */
import { readFile, stat } from 'node:fs/promises';
import * as z from 'zod';
import type { Millis, Seconds } from '#protocol/units.ts';
import type { Clock } from '../contract.ts';
import { AdapterError } from '../errors.ts';
import type { Step, Workload, WorkloadAdapter, WorkloadReading } from './workload.ts';

const options = z.object({ pidfile: z.string().startsWith('/') });
type ProcessGroupOptions = z.infer<typeof options>;

export const processGroup: WorkloadAdapter<ProcessGroupOptions> = {
  name: 'process-group',
  options,
  open: ({ pidfile }, { clock }) => new ProcessGroup(pidfile, clock),
};

/** The kernel stops a process at its next step out of the kernel. */
const TAKES_S: Seconds = 0.1;
/** Of USER_HZ, which is 100 on every Linux that Node runs on. */
const TICK_MS: Millis = 10;
/** Times that reach us in hundredths of a second, and one of them by way of the boot. */
const BLUR_MS: Millis = 1000;
const LOOKS = 100;
const LOOK_MS: Millis = 2;

class ProcessGroup implements Workload {
  readonly #file: string;
  readonly #clock: Clock;

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  start(): void {}
  async stop(): Promise<void> {}

  async read(): Promise<WorkloadReading> {
    const leader = await this.#leader();
    if (!leader) return { state: 'stopped' };
    return { state: leader.state === 'T' ? 'paused' : 'running' };
  }

  get steps(): readonly Step[] {
    return [{ name: 'freeze', takesS: TAKES_S, lostS: 0, run: (_notice, signal) => this.#freeze(signal) }];
  }

  async resume(): Promise<string> {
    const leader = await this.#leader();
    if (!leader) return 'it has ended';
    send(leader.pid, 'SIGCONT');
    return 'goes on';
  }

  async #freeze(signal: AbortSignal): Promise<string> {
    for (let look = 0; look < LOOKS; look++) {
      signal.throwIfAborted();
      const leader = await this.#leader();
      if (!leader) return 'it has ended';
      if (leader.state === 'T') return `group ${leader.pid} is frozen`;
      send(leader.pid, 'SIGSTOP');
      await this.#clock.sleep(LOOK_MS, signal);
    }
    throw new AdapterError('refused', `${this.#file}: its process does not stop`);
  }

  /** undefined when there is no such process any more. */
  async #leader(): Promise<{ pid: number; state: string } | undefined> {
    const said = await readFile(this.#file, 'utf8').catch(() => undefined);
    if (said === undefined) return undefined;
    const pid = Number(said.trim());
    if (!Number.isInteger(pid) || pid < 2) throw new AdapterError('malformed', `${this.#file} holds no process id`);
    const [line, uptime] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined),
      readFile('/proc/uptime', 'utf8'),
    ]);
    if (line === undefined) return undefined;
    // After the name, which may hold anything, in brackets: the state, then field by field.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const [state = '', group, startedTicks] = [fields[0], Number(fields[2]), Number(fields[19])];
    if (state === 'Z' || state === 'X') return undefined;
    if (group !== pid) throw new AdapterError('refused', `process ${pid} of ${this.#file} leads no group of its own`);
    const { mtimeMs } = await stat(this.#file);
    const bootedMs = this.#clock.wall() - Number(uptime.split(' ')[0]) * 1000;
    const isAnother = bootedMs + startedTicks * TICK_MS > mtimeMs + BLUR_MS;
    return isAnother ? undefined : { pid, state };
  }
}

function send(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // It ended in this moment.
    if (code === 'ESRCH') return;
    throw new AdapterError('unauthorised', `group ${group} belongs to another user`, { code: code ?? '', cause });
  }
}
