/** The kinds of miners of the second and third rank, in one place for `miners.ts`. */
import type { AuradineOptions } from './auradine.ts';
import { AuradineMiner, auradineWeb, GCMINER_PORT, serveGcminer } from './auradine.ts';
import type { AvalonOptions } from './avalon.ts';
import { AvalonMiner, serveAvalon } from './avalon.ts';
import type { AxeosOptions } from './axeos.ts';
import { AxeosMiner, axeosWeb } from './axeos.ts';
import type { SimulatorClock } from './clock.ts';
import type { ElphapexOptions } from './elphapex.ts';
import { ElphapexMiner, elphapexWeb } from './elphapex.ts';
import type { EpicOptions } from './epic.ts';
import { EpicMiner, epicWeb } from './epic.ts';
import type { GoldshellOptions } from './goldshell.ts';
import { GoldshellMiner, goldshellWeb } from './goldshell.ts';
import type { InnosiliconOptions } from './innosilicon.ts';
import { InnosiliconMiner, innosiliconWeb } from './innosilicon.ts';
import type { MarathonOptions } from './marathon.ts';
import { MarathonMiner, marathonWeb } from './marathon.ts';
import type { Door } from './miners.ts';
import type { Surroundings } from './physics.ts';
import type { SealminerOptions } from './sealminer.ts';
import { SealMiner, serveSealminer } from './sealminer.ts';

export type PlainKindOptions =
  | AuradineOptions
  | AvalonOptions
  | AxeosOptions
  | ElphapexOptions
  | EpicOptions
  | GoldshellOptions
  | InnosiliconOptions
  | MarathonOptions
  | SealminerOptions;

export type PlainKindMiner =
  | AuradineMiner
  | AvalonMiner
  | AxeosMiner
  | ElphapexMiner
  | EpicMiner
  | GoldshellMiner
  | InnosiliconMiner
  | MarathonMiner
  | SealMiner;

export const plainKinds: readonly PlainKindMiner['kind'][] = [
  'auradine',
  'avalon',
  'axeos',
  'elphapex',
  'epic',
  'goldshell',
  'innosilicon',
  'marathon',
  'sealminer',
];

export function createPlainMiner(options: PlainKindOptions, place: number, surroundings: Surroundings): PlainKindMiner {
  switch (options.kind) {
    case 'auradine':
      return new AuradineMiner(options, place, surroundings);
    case 'avalon':
      return new AvalonMiner(options, place, surroundings);
    case 'axeos':
      return new AxeosMiner(options, place, surroundings);
    case 'elphapex':
      return new ElphapexMiner(options, place, surroundings);
    case 'epic':
      return new EpicMiner(options, place, surroundings);
    case 'goldshell':
      return new GoldshellMiner(options, place, surroundings);
    case 'innosilicon':
      return new InnosiliconMiner(options, place, surroundings);
    case 'marathon':
      return new MarathonMiner(options, place, surroundings);
    case 'sealminer':
      return new SealMiner(options, place, surroundings);
  }
}

/** What listens at its address, the port that a config names first. */
export function plainDoors(miner: PlainKindMiner, clock: SimulatorClock): Door[] {
  const { port } = miner.spec;
  switch (miner.kind) {
    case 'auradine':
      return [
        { port, serve: auradineWeb(miner, clock) },
        { name: 'cgminer', port: GCMINER_PORT, serve: (stream) => serveGcminer(miner, clock, stream) },
      ];
    case 'avalon':
      return [{ port, serve: (stream) => serveAvalon(miner, clock, stream) }];
    case 'axeos':
      return [{ port, serve: axeosWeb(miner, clock) }];
    case 'elphapex':
      return [{ port, serve: elphapexWeb(miner, clock) }];
    case 'epic':
      return [{ port, serve: epicWeb(miner, clock) }];
    case 'goldshell':
      return [{ port, serve: goldshellWeb(miner, clock) }];
    case 'innosilicon':
      return [{ port, serve: innosiliconWeb(miner, clock) }];
    case 'marathon':
      return [{ port, serve: marathonWeb(miner, clock) }];
    case 'sealminer':
      return [{ port, serve: (stream) => serveSealminer(miner, clock, stream) }];
  }
}
