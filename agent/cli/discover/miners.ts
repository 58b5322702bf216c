/** `ballast discover miners`: the miners of a network, as entries for the config. Changes nothing on any of them. */
import { Command } from 'commander';
import { adapters } from '#adapters/registry.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import { addressesOf } from '#agent/technician/addresses.ts';
import { searchMiners } from '#agent/technician/miners.ts';
import { Failure, usageFailure } from '../failure.ts';
import { interruptSignal } from '../interrupt.ts';
import { bar, progressOn } from '../progress.ts';
import type { Verb } from '../tools.ts';
import { minerEntries } from './miner-entries.ts';

export const discoverMiners: Verb = ({ terminal, clock }) =>
  new Command('miners')
    .description('ask every address of a network which miner it is; only reads')
    .argument('<network>', 'such as 10.0.1.0/24, or one address')
    .option('--json', 'print one JSON object a line')
    .action(async (network: string, { json }: { json?: true }) => {
      const addresses = addressesOf(network);
      if (addresses.kind === 'bad')
        throw usageFailure(addresses.why, 'write a network such as 10.0.1.0/24, or one address');
      const { hosts } = addresses;
      const line = progressOn(terminal);
      const startedAt = clock.monotonic();
      const progress = (done: number, of: number) => line.show(`${bar(done, of)}  ${done} of ${of} addresses`);
      const searched = { adapters, connect: connectTcp, clock, progress };
      const found = await searchMiners(hosts, searched, interruptSignal()).finally(() => line.clear());
      const miners = found.filter(({ kind }) => kind === 'miner');
      if (json) for (const each of found) terminal.out(JSON.stringify(each));
      else if (found.length > 0) terminal.out(minerEntries(found));
      const seconds = ((clock.monotonic() - startedAt) / 1000).toFixed(1);
      terminal.note(`${miners.length} of ${hosts.length} addresses are miners, in ${seconds} s`);
      if (miners.length === 0)
        throw new Failure('no miner answers there', 'their API may be off, or a firewall stands between');
    });
