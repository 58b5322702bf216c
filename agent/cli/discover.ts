/** `ballast discover`: what is there, as entries for the config. */
import { Command } from 'commander';
import { discoverMiners } from './discover/miners.ts';
import { discoverModbus } from './discover/modbus.ts';
import type { Verb } from './tools.ts';

export const discoverVerb: Verb = (tools) =>
  new Command('discover')
    .description('what is there, as entries for the config')
    .addCommand(discoverMiners(tools))
    .addCommand(discoverModbus(tools));
