/** What every verb is given. */
import type { Command } from 'commander';
import type { Clock } from '#agent/platform/clock.ts';
import type { Terminal } from './terminal.ts';

export type Tools = {
  terminal: Terminal;
  clock: Clock;
  /** All verbs, with nothing run: for those that tell of the command line itself. */
  commandLine(): Promise<Command>;
};

/** A verb throws a Failure for everything that does not end well. */
export type Verb = (tools: Tools) => Command;
