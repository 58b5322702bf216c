/** `ballast config`: the two files of a rack. */
import { Command } from 'commander';
import { checkVerb } from './config/check.ts';
import { showVerb } from './config/show.ts';
import type { Verb } from './tools.ts';

export const configVerb: Verb = (tools) =>
  new Command('config').description('the two files of a rack').addCommand(checkVerb(tools)).addCommand(showVerb(tools));
