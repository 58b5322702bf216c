/**
 * A process of its own: two racks of simulated miners on loopback, each half WhatsMiners and half LuxOS, that answer
 * after 50 ms. One rack for our side and one for the floor, since a miner with LuxOS has one session for all.
 *
 *   node miners.ts COUNT
 */
import { systemClock } from '#agent/platform/clock.ts';
import type { MinerOptions } from '#test/simulator/miners.ts';
import type { Address, SimulatedRack } from '#test/simulator/rack.ts';
import { createRack } from '#test/simulator/rack.ts';

export const PASSWORD = 'simulated';
const REPLY_MS = 50;

export type BenchMiner = Address & { readonly id: string; readonly kind: 'whatsminer' | 'luxos' };
export type FromMiners =
  | { readonly kind: 'listening'; readonly ours: readonly BenchMiner[]; readonly floors: readonly BenchMiner[] }
  | { readonly kind: 'awake' };
/** Wakes every miner; of ours, so many of each make take what is sent from now on and never answer. */
export type ToMiners = { readonly kind: 'wake'; readonly deadOfEach: number };

async function listen(count: number): Promise<{ rack: SimulatedRack; miners: BenchMiner[] }> {
  const miners = Array.from({ length: count }, (_, i): MinerOptions => {
    const id = `m${String(i + 1).padStart(3, '0')}`;
    const timing = { replyMs: REPLY_MS };
    return i % 2 === 0 ? { id, password: PASSWORD, timing } : { id, kind: 'luxos', timing };
  });
  const rack = createRack({ clock: systemClock, miners });
  const addresses = await rack.listen();
  const list = rack.miners.map(({ spec: { id }, kind }): BenchMiner => {
    const address = addresses.get(id);
    if (!address) throw new Error(`${id} does not listen`);
    return { id, kind: kind === 'luxos' ? 'luxos' : 'whatsminer', ...address };
  });
  return { rack, miners: list };
}

if (import.meta.main) {
  const count = Number(process.argv[2]);
  const [ours, floors] = [await listen(count), await listen(count)];
  const tell = (message: FromMiners) => void process.send?.(message);
  process.on('message', ({ deadOfEach }: ToMiners) => {
    for (const miner of [...ours.rack.miners, ...floors.rack.miners]) miner.powerOn();
    for (const [i, { faults }] of ours.rack.miners.entries()) faults.silent = i < 2 * deadOfEach;
    tell({ kind: 'awake' });
  });
  process.once('disconnect', () => process.exit());
  tell({ kind: 'listening', ours: ours.miners, floors: floors.miners });
}
