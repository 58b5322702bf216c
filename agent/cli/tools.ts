/** What every verb is given. */
import type { Command } from 'commander';
import type { Clock } from '#agent/platform/clock.ts';
import type { Terminal } from './terminal.ts';

export type Tools = { terminal: Terminal; clock: Clock };

/** A verb throws a Failure for everything that does not end well. */
export type Verb = (tools: Tools) => Command;
