/** One switched outlet of a PDU, and what is plugged into it. */
import type { Watts } from '#protocol/units.ts';

/** What can be plugged in. With two power supplies it hangs on two outlets and loads them evenly. */
export type OutletLoad = {
  watts(): Watts;
  /** Energy since the start, in joules. */
  joules(): number;
  readonly outlets: readonly Outlet[];
  pluggedInto(outlet: Outlet): void;
  /** One of its outlets was switched. */
  mainsChanged(): void;
};

export class Outlet {
  #load: OutletLoad | undefined;
  #closed = true;

  /** Whether the relay is closed, so that current can flow. */
  get closed(): boolean {
    return this.#closed;
  }

  plugIn(load: OutletLoad): void {
    this.#load = load;
    load.pluggedInto(this);
  }

  switch(closed: boolean): void {
    this.#closed = closed;
    this.#load?.mainsChanged();
  }

  watts(): Watts {
    if (!this.#load || !this.#closed) return 0;
    return this.#load.watts() / this.#load.outlets.filter((outlet) => outlet.closed).length;
  }

  /** Energy since the start, in joules; both outlets of a double power supply count half, whoever was open. */
  joules(): number {
    return this.#load ? this.#load.joules() / this.#load.outlets.length : 0;
  }
}
