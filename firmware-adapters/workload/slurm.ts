/**
 * A Slurm job, suspended and resumed by `scontrol`: its processes are stopped on every node and keep their memory, and
 * their GPUs keep their idle watts.
 *
 * What the technician must do: let the agent's user suspend jobs, which Slurm allows its operators; and know that while
 * a job is suspended the scheduler may give its cores, not its GPUs, to another. Jobs are named, since ids change with
 * every submission: all of that name are meant.
 */
import * as z from 'zod';
import type { Seconds } from '#protocol/units.ts';
import { AdapterError } from '../errors.ts';
import type { RunCommand } from '../transport/command.ts';
import { boundedRun } from '../transport/command.ts';
import { hostOf } from '../transport/host.ts';
import type { Step, Workload, WorkloadAdapter, WorkloadReading } from './workload.ts';

const options = z.object({
  name: z.string().regex(/^[\w.-]{1,128}$/, 'must be a job name of letters, digits, _, . and -'),
  /** Where Slurm's commands lie. */
  bin: z.string().startsWith('/').default('/usr/bin'),
});
type SlurmOptions = z.infer<typeof options>;

export const slurm: WorkloadAdapter<SlurmOptions> = {
  name: 'slurm',
  options,
  open: (given, context) => new Slurm(given, boundedRun(hostOf(context).run, context.clock)),
};

/** Assumed: slurmctld tells every node's daemon. */
const SUSPEND_S: Seconds = 5;

class Slurm implements Workload {
  readonly #given: SlurmOptions;
  readonly #run: RunCommand;

  constructor(given: SlurmOptions, run: RunCommand) {
    this.#given = given;
    this.#run = run;
  }

  start(): void {}
  async stop(): Promise<void> {}

  async read(signal: AbortSignal): Promise<WorkloadReading> {
    const states = (await this.#jobs(signal)).map(({ state }) => state);
    if (states.includes('RUNNING')) return { state: 'running' };
    return { state: states.includes('SUSPENDED') ? 'paused' : 'stopped' };
  }

  get steps(): readonly Step[] {
    const run: Step['run'] = (_notice, signal) => this.#tell('suspend', 'RUNNING', signal);
    return [{ name: 'freeze', takesS: SUSPEND_S, lostS: 0, run }];
  }

  resume(signal: AbortSignal): Promise<string> {
    return this.#tell('resume', 'SUSPENDED', signal);
  }

  async #tell(verb: 'suspend' | 'resume', whose: string, signal: AbortSignal): Promise<string> {
    const ids = (await this.#jobs(signal)).filter(({ state }) => state === whose).map(({ id }) => id);
    if (ids.length > 0) await this.#run([`${this.#given.bin}/scontrol`, verb, ids.join(',')], signal);
    return `${verb} ${ids.join(', ') || 'nothing'}`;
  }

  async #jobs(signal: AbortSignal): Promise<{ id: string; state: string }[]> {
    const { bin, name } = this.#given;
    const said = await this.#run([`${bin}/squeue`, '--noheader', `--name=${name}`, '--format=%A %T'], signal);
    return said.split('\n').flatMap((line) => (line.trim() === '' ? [] : [jobIn(line.trim())]));
  }
}

function jobIn(line: string): { id: string; state: string } {
  const [id = '', state = ''] = line.split(' ');
  if (!/^\d+$/.test(id) || !/^[A-Z_]+$/.test(state))
    throw new AdapterError('malformed', `squeue says "${line.slice(0, 80)}"`);
  return { id, state };
}
