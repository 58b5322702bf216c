/** The kinds of miners that a rack can have. */
import type { Duplex } from 'node:stream';
import type { SimulatorClock } from './clock.ts';
import { serveLuxos } from './luxos.ts';
import { LuxosMiner } from './luxos-miner.ts';
import type { LuxosOptions } from './luxos-spec.ts';
import { luxosSpec } from './luxos-spec.ts';
import type { Surroundings } from './physics.ts';
import { Whatsminer } from './whatsminer-miner.ts';
import type { WhatsminerOptions } from './whatsminer-spec.ts';
import { whatsminerSpec } from './whatsminer-spec.ts';
import { serveWhatsminerV2 } from './whatsminer-v2.ts';

/** A WhatsMiner unless `kind` says otherwise. */
export type MinerOptions = WhatsminerOptions | LuxosOptions;

/** `kind` tells them apart. */
export type SimulatedMiner = Whatsminer | LuxosMiner;

/** `place` in the rack, from 1, makes addresses and serial numbers differ. */
export function createMiner(options: MinerOptions, place: number, surroundings: Surroundings): SimulatedMiner {
  return options.kind === 'luxos'
    ? new LuxosMiner(luxosSpec(options, place), surroundings)
    : new Whatsminer(whatsminerSpec(options, place), surroundings);
}

/** Serves one connection. */
export function serveMiner(miner: SimulatedMiner, clock: SimulatorClock, stream: Duplex): void {
  if (miner.kind === 'luxos') serveLuxos(miner, clock, stream);
  else serveWhatsminerV2(miner, clock, stream);
}
