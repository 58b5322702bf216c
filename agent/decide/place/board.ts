/** Who sits on which GPU while a placement is worked out. */
import type { Use } from '#protocol/capability.ts';
import type { Demand, Place, PlaceableGpu } from './place.ts';

export class Board {
  readonly #gpus: readonly PlaceableGpu[];
  readonly #seats = new Map<string, { demand: Demand; why: string }>();
  readonly #left = new Map<string, string>();

  constructor(gpus: readonly PlaceableGpu[], demands: readonly Demand[]) {
    this.#gpus = gpus;
    for (const demand of demands) {
      for (const gpu of demand.on) this.#seats.set(gpu, { demand, why: `goes on with ${demand.id}` });
    }
  }

  /** Where it could run at once. */
  idleFor({ where }: Demand): PlaceableGpu[] {
    return this.#gpus.filter(({ id }) => !this.#seats.has(id) && (where?.includes(id) ?? true));
  }

  held(kind: Demand['kind']): number {
    return [...this.#seats.values()].filter(({ demand }) => demand.kind === kind).length;
  }

  /** Batch jobs that free `gpus` for it: the least urgent first, then who has had most; undefined if too few may. */
  victims({ where }: Demand, gpus: number, may: (job: Demand) => boolean): Demand[] | undefined {
    const seats = [...this.#seats].filter(([gpu]) => where?.includes(gpu) ?? true);
    const running = [...new Set(seats.map(([, { demand }]) => demand))];
    const willing = running
      .filter((demand) => demand.kind === 'batch' && may(demand))
      .sort((a, b) => b.tier - a.tier || b.servedS - a.servedS);
    const chosen: Demand[] = [];
    let freed = 0;
    for (const job of willing) {
      if (freed >= gpus) break;
      chosen.push(job);
      freed += seats.filter(([, { demand }]) => demand === job).length;
    }
    return freed >= gpus ? chosen : undefined;
  }

  evict(jobs: readonly Demand[], why: string): void {
    for (const [gpu, { demand }] of this.#seats) {
      if (!jobs.includes(demand)) continue;
      this.#seats.delete(gpu);
      this.#left.set(gpu, `${demand.id} gave way: ${why}`);
    }
  }

  /** On idle GPUs, best on such as were last set up for the same. */
  seat(demand: Demand, why: string): void {
    const ready = this.idleFor(demand).sort((a, b) => differs(a, demand.kind) - differs(b, demand.kind));
    for (const { id } of ready.slice(0, demand.gpus)) this.#seats.set(id, { demand, why: `${demand.id}: ${why}` });
  }

  places(idle: 'mining' | 'rest'): Map<string, Place> {
    return new Map(this.#gpus.map(({ id }): [string, Place] => [id, this.#place(id, idle)]));
  }

  #place(gpu: string, idle: 'mining' | 'rest'): Place {
    const seat = this.#seats.get(gpu);
    if (!seat) return { serves: idle, why: this.#left.get(gpu) ?? 'nobody wants it' };
    return { serves: seat.demand.kind, demand: seat.demand.id, why: seat.why };
  }
}

function differs({ lastServed }: PlaceableGpu, kind: Use): number {
  return lastServed === kind ? 0 : 1;
}
