/** The command line as data: every verb, in the order of `--help`. The entry runs it; the manual page is made from it. */
import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { agentVerb } from './agent.ts';
import { commissionVerb } from './commission.ts';
import { configVerb } from './config-check.ts';
import { discoverVerb } from './discover.ts';
import { doctorVerb } from './doctor.ts';
import { explainVerb } from './explain.ts';
import { initVerb } from './init.ts';
import { keysVerb } from './keys-new.ts';
import { lockoutVerb } from './lockout.ts';
import { manualVerb } from './manual.ts';
import { mapVerb } from './map.ts';
import { offerVerb } from './offer.ts';
import { orderVerb } from './order.ts';
import { readVerb } from './read.ts';
import { recordVerb } from './record.ts';
import { replayVerb } from './replay.ts';
import { runVerb } from './run.ts';
import { statusVerb } from './status.ts';
import type { Tools, Verb } from './tools.ts';

const verbs: readonly Verb[] = [
  agentVerb,
  initVerb,
  doctorVerb,
  statusVerb,
  explainVerb,
  offerVerb,
  lockoutVerb,
  manualVerb,
  commissionVerb,
  readVerb,
  discoverVerb,
  mapVerb,
  configVerb,
  keysVerb,
  orderVerb,
  recordVerb,
  replayVerb,
  runVerb,
];

export function createProgram(tools: Tools): Command {
  const program = new Command('ballast')
    .description('Steers the miners of a rack as flexible load, on signed power orders.')
    .version(packageJson.version);
  for (const verb of verbs) program.addCommand(verb(tools));
  return program;
}
