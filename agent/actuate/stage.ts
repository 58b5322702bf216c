/** Tells workloads of bays to give way and to go on, as the decision has it; what becomes of it arrives as an observation. */
import type { Keeper } from '#adapters/workload/keeper.ts';
import type { Staging } from '#agent/decide/switch/switching.ts';
import type { StageCall } from '#agent/decide/switch/turn.ts';
import type { Observation } from '#agent/state/observation.ts';
import { troubleOf } from '#agent/state/trouble.ts';

export type StageParts = {
  readonly keepers: ReadonlyMap<string, Pick<Keeper, 'onStage' | 'rest' | 'work'>>;
  observe(observation: Observation): void;
  /** Looks at a workload soon. */
  poke(workload: string): void;
};

export class StageHands {
  readonly #parts: StageParts;
  /** Told, and not yet answered. */
  readonly #inFlight = new Map<string, StageCall['towards']>();

  constructor(parts: StageParts) {
    this.#parts = parts;
  }

  /** Before any GPU is woken: whoever has not its bay stays as it is. */
  set({ offStage }: Staging): void {
    for (const [id, keeper] of this.#parts.keepers) keeper.onStage = !offStage.includes(id);
  }

  apply({ calls }: Staging): void {
    for (const call of calls) {
      if (this.#inFlight.get(call.workload) === call.towards) continue;
      this.#inFlight.set(call.workload, call.towards);
      void this.#tell(call);
    }
  }

  async #tell(call: StageCall): Promise<void> {
    const { workload, towards } = call;
    const outcome = await this.#run(call).then(
      (said) => ({ towards, said }),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        return { towards, said: message, trouble: troubleOf(error) ?? { kind: 'refused' as const, message } };
      },
    );
    // A newer call has taken its place: what became of this one says nothing.
    if (this.#inFlight.get(workload) !== towards) return;
    this.#inFlight.delete(workload);
    this.#parts.observe({ kind: 'staged', workload, outcome });
    this.#parts.poke(workload);
  }

  async #run(call: StageCall): Promise<string> {
    const keeper = this.#parts.keepers.get(call.workload);
    if (!keeper) throw new Error(`there is no ${call.workload}`);
    if (call.towards === 'work') return await keeper.work();
    const { workload, by, deadline } = call;
    return await keeper.rest({ deadline, ...(by && { by: { [workload]: by } }) });
  }
}
