/**
 * A job that systemd runs: frozen and thawed by `systemctl`, which needs systemd 246 or later and a unit with a control
 * group of its own, and stopped and started where the config says what that loses.
 *
 * What the technician must do: let the agent run as root, or allow its user `org.freedesktop.systemd1.manage-units` by
 * polkit. A frozen unit keeps its GPUs' memory, and their idle watts. One that answers requests is better put to sleep by
 * its own interface: frozen, it leaves them unanswered.
 */
import * as z from 'zod';
import type { Seconds } from '#protocol/units.ts';
import type { RunCommand } from '../transport/command.ts';
import { boundedRun } from '../transport/command.ts';
import { hostOf } from '../transport/host.ts';
import type { Step, Workload, WorkloadAdapter, WorkloadReading } from './workload.ts';

const options = z.object({
  unit: z.string().regex(/^[\w@:.-]+\.(service|scope|slice)$/, 'must end in .service, .scope or .slice'),
  systemctl: z.string().startsWith('/').default('/usr/bin/systemctl'),
  /** Seconds of work that a stop loses, with what it takes to be back; absent for a unit that is never stopped. */
  stop_loses_s: z.number().min(0).exactOptional(),
});
type UnitOptions = z.infer<typeof options>;

export const systemdUnit: WorkloadAdapter<UnitOptions> = {
  name: 'systemd-unit',
  options,
  open: (given, context) => new SystemdUnit(given, boundedRun(hostOf(context).run, context.clock)),
};

/** Assumed: the freezer waits for every process of the group. */
const FREEZE_S: Seconds = 1;
/** systemd's own default for a stop that does not end. */
const STOP_S: Seconds = 90;

class SystemdUnit implements Workload {
  readonly #given: UnitOptions;
  readonly #run: RunCommand;

  constructor(given: UnitOptions, run: RunCommand) {
    this.#given = given;
    this.#run = run;
  }

  start(): void {}
  async stop(): Promise<void> {}

  async read(signal: AbortSignal): Promise<WorkloadReading> {
    const said = await this.#systemctl(['show', '--property=ActiveState,FreezerState'], signal);
    const told = new Map(said.split('\n').map((line) => line.split('=') as [string, string]));
    if (told.get('FreezerState') === 'frozen') return { state: 'paused' };
    return {
      state: ['active', 'reloading', 'activating'].includes(told.get('ActiveState') ?? '') ? 'running' : 'stopped',
    };
  }

  get steps(): readonly Step[] {
    const { stop_loses_s: lostS } = this.#given;
    const freeze: Step = {
      name: 'freeze',
      takesS: FREEZE_S,
      lostS: 0,
      run: (_notice, signal) => this.#tell('freeze', signal),
    };
    if (lostS === undefined) return [freeze];
    return [freeze, { name: 'stop', takesS: STOP_S, lostS, run: (_notice, signal) => this.#tell('stop', signal) }];
  }

  /** Thaws a frozen unit; starts one only where this adapter may have stopped it. */
  async resume(signal: AbortSignal): Promise<string> {
    const { state } = await this.read(signal);
    if (state === 'paused') return await this.#tell('thaw', signal);
    if (state === 'stopped' && this.#given.stop_loses_s !== undefined) return await this.#tell('start', signal);
    return `is ${state}`;
  }

  async #tell(verb: 'freeze' | 'thaw' | 'stop' | 'start', signal: AbortSignal): Promise<string> {
    await this.#systemctl([verb], signal);
    return verb;
  }

  #systemctl(words: readonly string[], signal: AbortSignal): Promise<string> {
    const { systemctl, unit } = this.#given;
    return this.#run([systemctl, ...words, '--', unit], signal);
  }
}
