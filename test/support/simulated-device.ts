/** The adapter's device for one simulated miner, in memory and on a virtual clock. */
import assert from 'node:assert/strict';
import type { Device } from '#adapters/contract.ts';
import { AdapterError } from '#adapters/errors.ts';
import { adapterNamed } from '#adapters/registry.ts';
import type { MinerOptions, SimulatedMiner } from '#test/simulator/miners.ts';
import { createRack } from '#test/simulator/rack.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';

export class SimulatedDevice<Miner extends SimulatedMiner> {
  readonly clock = new VirtualClock();
  readonly miner: Miner;
  readonly device: Device;
  /** The password in the file. */
  password: string;
  /** How often a connection was opened since the last look. */
  connections = 0;

  /** `change` is part of the config entry. */
  constructor(options: MinerOptions & { kind: Miner['kind'] }, change: Record<string, unknown> = {}) {
    const rack = createRack({ clock: this.clock, miners: [options] });
    this.miner = rack.miners[0] as Miner;
    const { entry, spec } = this.miner;
    this.password = spec.password;
    const adapter = adapterNamed(entry.adapter);
    if (!adapter) throw new Error(`no adapter ${entry.adapter}`);
    const connect = async (host: string, port: number, signal: AbortSignal) => {
      this.connections += 1;
      try {
        return await rack.connect(host, port, signal);
      } catch (cause) {
        signal.throwIfAborted();
        throw new AdapterError('unreachable', `${host}:${port} refused the connection`, { cause });
      }
    };
    const silent = () => undefined;
    this.device = adapter.open(adapter.options.parse({ host: spec.host, port: spec.port, ...entry, ...change }), {
      id: spec.id,
      clock: this.clock,
      log: { debug: silent, info: silent, warn: silent },
      connect,
      secret: async () => this.password,
    });
  }

  /** Lets time pass until `work` is done, and not longer. @returns how long that took, ms, beside what it came to. */
  async timed<T>(work: Promise<T> | undefined): Promise<{ value: T; tookMs: number }> {
    if (!work) throw new Error('the device has no such control');
    const from = this.clock.monotonic();
    let ended = false;
    const end = () => {
      ended = true;
    };
    work.then(end, end);
    for (let step = 0; !ended; step++) {
      if (step > 20_000) throw new Error('it does not come to an end');
      await this.clock.advance(10);
    }
    return { value: await work, tookMs: this.clock.monotonic() - from };
  }

  async done<T>(work: Promise<T> | undefined): Promise<T> {
    return (await this.timed(work)).value;
  }

  /** Starts the device and lets it fetch what it fetches ahead. */
  async warm(): Promise<this> {
    this.device.start();
    await this.clock.advance(2000);
    this.connections = 0;
    return this;
  }
}

/** Three ways of not answering, and that a reading says which it was. */
export async function assertSilencesAreToldApart<Miner extends SimulatedMiner>(
  world: SimulatedDevice<Miner>,
): Promise<void> {
  const silences = [
    ['closesWithoutReply', { kind: 'unreachable', code: 'closed' }],
    ['brokenJson', { kind: 'malformed' }],
    ['silent', { kind: 'timedOut' }],
  ] as const;
  for (const [fault, error] of silences) {
    world.miner.faults[fault] = true;
    await assert.rejects(world.done(world.device.read()), error, fault);
    world.miner.faults[fault] = false;
  }
}
