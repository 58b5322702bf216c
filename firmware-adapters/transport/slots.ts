/** At most so many at once; who waits goes in order, and the urgent before all others. */
export class Slots {
  #free: number;
  readonly #waiting: { readonly urgent: boolean; go(): void }[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(urgent: boolean, work: () => Promise<T>): Promise<T> {
    await this.#take(urgent);
    try {
      return await work();
    } finally {
      this.#give();
    }
  }

  #take(urgent: boolean): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free -= 1;
      return undefined;
    }
    return new Promise((go) => {
      const at = urgent ? this.#waiting.findIndex((other) => !other.urgent) : -1;
      this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, { urgent, go });
    });
  }

  /** Handed on, not freed and taken: nobody slips in between. */
  #give(): void {
    const next = this.#waiting.shift();
    if (next) next.go();
    else this.#free += 1;
  }
}
