/** What happened, in order, for tests that wait for an event instead of sleeping. */
export class Inbox<T> {
  readonly all: T[] = [];
  #watchers: (() => void)[] = [];

  push = (item: T): void => {
    this.all.push(item);
    for (const watcher of this.#watchers) watcher();
  };

  /** The first item from position `from` on for which `matches` holds, now or as soon as it comes. */
  first(matches: (item: T) => boolean = () => true, from = 0): Promise<T> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.all.slice(from).findIndex(matches);
        if (found < 0) return;
        this.#watchers = this.#watchers.filter((watcher) => watcher !== look);
        resolve(this.all[from + found] as T);
      };
      this.#watchers.push(look);
      look();
    });
  }

  /** As `first`, but only what comes from now on. */
  next(matches?: (item: T) => boolean): Promise<T> {
    return this.first(matches, this.all.length);
  }
}
