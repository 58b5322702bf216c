/**
 * How many publishes may be under way in one MQTT session. A broker says how many unacknowledged ones it takes (its
 * Receive Maximum, 20 in a mosquitto as delivered) and may end the session of a client that sends more
 * (MQTT 5 section 4.9); the rest wait here, and beyond `capacity` are turned away. Nothing outlives the session.
 */

/** Puts one publish on the wire and calls `done` once: true at its PUBACK, false when it failed. */
export type Send = (done: (acknowledged: boolean) => void) => void;

type Waiting = { send: Send; settle: (acknowledged: boolean) => void };

export class SendWindow {
  readonly #onWireLimit: number;
  readonly #capacity: number;
  readonly #onWire = new Set<Waiting>();
  #waiting: Waiting[] = [];
  #closed = false;

  constructor(onWireLimit: number, capacity: number) {
    this.#onWireLimit = onWireLimit;
    this.#capacity = capacity;
  }

  /** True at the PUBACK; false when turned away, failed, or still under way when the window closes. */
  run(send: Send): Promise<boolean> {
    if (this.#closed || this.#onWire.size + this.#waiting.length >= this.#capacity) return Promise.resolve(false);
    return new Promise((settle) => {
      this.#waiting.push({ send, settle });
      this.#fill();
    });
  }

  /** Settles everything under way as not acknowledged, and turns away what comes later. */
  close(): void {
    this.#closed = true;
    for (const one of this.#onWire) one.settle(false);
    for (const one of this.#waiting) one.settle(false);
    this.#onWire.clear();
    this.#waiting = [];
  }

  #fill(): void {
    while (this.#onWire.size < this.#onWireLimit) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#onWire.add(next);
      next.send((acknowledged) => {
        this.#onWire.delete(next);
        next.settle(acknowledged);
        this.#fill();
      });
    }
  }
}
