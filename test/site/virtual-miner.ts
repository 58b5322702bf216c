/** A miner without a wire: what it draws follows its setting with a firmware's own delay and ramp. */
import type { Ack, Controls, Device, DeviceReading } from '#adapters/contract.ts';
import type { RackDevice } from '#agent/rack/rack.ts';
import type { Millis, Watts } from '#protocol/units.ts';
import type { SimulatorClock } from '#test/simulator/clock.ts';
import type { Noise } from '#test/simulator/noise.ts';
import { Trajectory } from '#test/simulator/trajectory.ts';

export type VirtualMinerSpec = {
  readonly id: string;
  readonly mac: string;
  readonly ratedW: Watts;
  readonly ratedThs: number;
  /** Between two looks at it. */
  readonly periodMs: Millis;
  /** Says yes to everything and goes on as before. */
  readonly stubborn: boolean;
};

const RESIDUAL_W: Watts = 18;
const DIAL = { min: 20, max: 100, step: 1, unit: 'percent' } as const;
/** From the call until the power begins to move, and over how long it moves. Waking is quick here: people watch. */
const SLEEP = { afterMs: 800, overMs: 1500 } as const;
const WAKE = { afterMs: 3000, overMs: 20_000 } as const;
const TURN = { afterMs: 500, overMs: 2000 } as const;

export class VirtualMiner {
  readonly spec: VirtualMinerSpec;
  readonly #clock: SimulatorClock;
  readonly #noise: Noise;
  readonly #draw: Trajectory;
  #asleep = false;
  #limit: number = DIAL.max;

  constructor(spec: VirtualMinerSpec, clock: SimulatorClock, noise: Noise) {
    this.spec = spec;
    this.#clock = clock;
    this.#noise = noise;
    this.#draw = new Trajectory(clock, spec.ratedW);
  }

  /** What it draws now. */
  get watts(): Watts {
    return this.#draw.value();
  }

  /** As the agent has it from its own maker of hardware. */
  device(): RackDevice {
    const { id, mac, ratedW, periodMs } = this.spec;
    const controls = this.#controls();
    const offers = Object.fromEntries(Object.entries(controls).map(([name, { capability }]) => [name, capability]));
    return {
      facts: {
        id,
        adapter: 'whatsminer-v2',
        kind: 'miner',
        ratedW,
        residualW: RESIDUAL_W,
        controls: offers,
        identityRequired: true,
        outlets: [],
      },
      mac,
      periodMs,
      face: this.#face(),
      controls: () => controls,
      offers: () => offers,
    };
  }

  #face(): Pick<Device, 'identify' | 'read'> {
    const { mac } = this.spec;
    return {
      identify: async () => ({ make: 'MicroBT', model: 'M50S', firmware: '20241014.12.REL', mac }),
      read: async () => this.#reading(),
    };
  }

  #reading(): DeviceReading {
    const { id, ratedW, ratedThs } = this.spec;
    const share = (this.watts - RESIDUAL_W) / (ratedW - RESIDUAL_W);
    const noisy = 1 + 0.004 * this.#noise(id, this.#clock.monotonic());
    return {
      asleep: this.#asleep,
      powerW: this.watts * noisy,
      limit: this.#limit,
      hashrateThs: Math.max(0, share * ratedThs * noisy),
      ratedHashrateThs: ratedThs,
      efficiencyJPerTh: ratedW / ratedThs,
      chipMaxC: 40 + 42 * share * noisy,
      faults: [],
      repairs: 0,
    };
  }

  #controls(): Controls {
    const gentle = { restarts: false, persistent: false, min_interval_s: 0 };
    return {
      sleep: {
        capability: { ...gentle, settle_ms: SLEEP.afterMs + SLEEP.overMs },
        residualW: RESIDUAL_W,
        run: async () => this.#set(SLEEP, true, this.#limit),
      },
      wake: {
        capability: { ...gentle, settle_ms: WAKE.afterMs + WAKE.overMs },
        run: async () => this.#set(WAKE, false, this.#limit),
      },
      limit: {
        capability: { ...gentle, settle_ms: TURN.afterMs + TURN.overMs, range: DIAL },
        run: async (percent) => this.#set(TURN, this.#asleep, percent),
      },
    };
  }

  #set({ afterMs, overMs }: typeof SLEEP | typeof WAKE | typeof TURN, asleep: boolean, limit: number): Ack {
    const ack = { said: 'ok', settleMs: afterMs + overMs };
    if (this.spec.stubborn) return ack;
    this.#asleep = asleep;
    this.#limit = limit;
    const to = asleep ? RESIDUAL_W : (this.spec.ratedW * limit) / DIAL.max;
    this.#draw.follow([{ afterMs, to, ramp: { shape: 'linear', overMs } }]);
    return ack;
  }
}
