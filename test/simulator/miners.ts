/**
 * The kinds of miners that a rack can have. A new one is a line in each list here: its options, its class, how it is
 * made, and what listens at its ports.
 */
import type { Duplex } from 'node:stream';
import { antminerPower, antminerRpc, antminerWeb } from './antminer.ts';
import { Antminer } from './antminer-miner.ts';
import type { AntminerOptions } from './antminer-spec.ts';
import { antminerSpec } from './antminer-spec.ts';
import { braiinsGraphql } from './braiins-graphql.ts';
import { BraiinsMiner } from './braiins-miner.ts';
import { braiinsRest } from './braiins-rest.ts';
import { braiinsRpc } from './braiins-rpc.ts';
import type { BraiinsOptions } from './braiins-spec.ts';
import { braiinsSpec } from './braiins-spec.ts';
import type { SimulatorClock } from './clock.ts';
import { serveLuxos } from './luxos.ts';
import { LuxosMiner } from './luxos-miner.ts';
import type { LuxosOptions } from './luxos-spec.ts';
import { luxosSpec } from './luxos-spec.ts';
import type { Surroundings } from './physics.ts';
import type { PlainKindMiner, PlainKindOptions } from './plain-kinds.ts';
import { createPlainMiner, plainDoors, plainKinds } from './plain-kinds.ts';
import { vnishWeb } from './vnish.ts';
import { VnishMiner } from './vnish-miner.ts';
import type { VnishOptions } from './vnish-spec.ts';
import { vnishSpec } from './vnish-spec.ts';
import { Whatsminer } from './whatsminer-miner.ts';
import type { WhatsminerOptions } from './whatsminer-spec.ts';
import { whatsminerSpec } from './whatsminer-spec.ts';
import { serveWhatsminerV2 } from './whatsminer-v2.ts';
import { serveWhatsminerV3 } from './whatsminer-v3.ts';
import { WhatsminerV3 } from './whatsminer-v3-miner.ts';
import type { WhatsminerV3Options } from './whatsminer-v3-spec.ts';
import { whatsminerV3Spec } from './whatsminer-v3-spec.ts';

/** A WhatsMiner unless `kind` says otherwise. */
export type MinerOptions =
  | WhatsminerOptions
  | WhatsminerV3Options
  | LuxosOptions
  | BraiinsOptions
  | VnishOptions
  | AntminerOptions
  | PlainKindOptions;

/** `kind` tells them apart. */
export type SimulatedMiner =
  | Whatsminer
  | WhatsminerV3
  | LuxosMiner
  | BraiinsMiner
  | VnishMiner
  | Antminer
  | PlainKindMiner;

/** For tests that go through all of them. */
export const minerKinds: readonly SimulatedMiner['kind'][] = [
  'whatsminer',
  'whatsminer-v3',
  'luxos',
  'braiins',
  'vnish',
  'antminer',
  ...plainKinds,
];

/** Something that listens at one of a miner's ports. */
export type Door = {
  /** Absent for the port that a config names. The others are `<miner>/<name>` to `listen`. */
  name?: string;
  port: number;
  /** Serves one connection. */
  serve(stream: Duplex): void;
};

/** `place` in the rack, from 1, makes addresses and serial numbers differ. */
export function createMiner(options: MinerOptions, place: number, surroundings: Surroundings): SimulatedMiner {
  switch (options.kind) {
    case 'antminer':
      return new Antminer(antminerSpec(options, place), surroundings);
    case 'luxos':
      return new LuxosMiner(luxosSpec(options, place), surroundings);
    case 'braiins':
      return new BraiinsMiner(braiinsSpec(options, place), surroundings);
    case 'vnish':
      return new VnishMiner(vnishSpec(options, place), surroundings);
    case 'whatsminer-v3':
      return new WhatsminerV3(whatsminerV3Spec(options, place), surroundings);
    case undefined:
    case 'whatsminer':
      return new Whatsminer(whatsminerSpec(options, place), surroundings);
    default:
      return createPlainMiner(options, place, surroundings);
  }
}

/** What listens at its address, the port that a config names first. */
export function doorsOf(miner: SimulatedMiner, clock: SimulatorClock): Door[] {
  const { port } = miner.spec;
  switch (miner.kind) {
    case 'whatsminer':
      return [{ port, serve: (stream) => serveWhatsminerV2(miner, clock, stream) }];
    case 'whatsminer-v3':
      return [{ port, serve: (stream) => serveWhatsminerV3(miner, clock, stream) }];
    case 'braiins':
      return [
        { port, serve: miner.spec.api === 'rest' ? braiinsRest(miner, clock) : braiinsGraphql(miner, clock) },
        { name: 'rpc', port: 4028, serve: braiinsRpc(miner, clock) },
      ];
    case 'vnish':
      return [{ port, serve: vnishWeb(miner, clock) }];
    case 'antminer':
      return [
        { port, serve: antminerWeb(miner, clock) },
        { name: 'rpc', port: 4028, serve: antminerRpc(miner, clock) },
        ...(miner.spec.tellsPower ? [{ name: 'power', port: 6060, serve: antminerPower(miner, clock) }] : []),
      ];
    case 'luxos':
      return [{ port, serve: (stream) => serveLuxos(miner, clock, stream) }];
    default:
      return plainDoors(miner, clock);
  }
}
