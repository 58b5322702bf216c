/** Options that name a wire without any config: a serial port with its settings, or a host with its port. */
import type { Command } from 'commander';
import { Option } from 'commander';
import * as z from 'zod';
import type { BusConfig } from '#agent/config/config.ts';
import { bus } from '#agent/config/instruments.ts';
import { usageFailure } from './failure.ts';
import { given } from './given.ts';

export type WireOptions = {
  port?: string;
  baud?: string;
  parity?: string;
  stopBits?: string;
  tcp?: string;
  rtuTcp?: string;
};

export function withWireOptions(command: Command): Command {
  return command
    .option('--port <path>', 'a serial port, best one below /dev/serial/by-id')
    .option('--baud <rate>', 'bits per second on it (default: 9600)')
    .addOption(new Option('--parity <parity>', 'on it (default: none)').choices(['none', 'even', 'odd']))
    .addOption(new Option('--stop-bits <bits>', 'on it (default: 1)').choices(['1', '2']))
    .option('--tcp <host:port>', 'Modbus TCP')
    .option('--rtu-tcp <host:port>', 'RTU frames through a serial server');
}

/** @throws Failure unless exactly one wire is named, and as the config would have it. */
export function busOf({ port, baud, parity, stopBits, tcp, rtuTcp }: WireOptions): BusConfig {
  const named = [port, tcp, rtuTcp].filter((each) => each !== undefined);
  if (named.length !== 1)
    throw usageFailure(
      'exactly one wire must be named',
      'write --port, --tcp or --rtu-tcp, such as --tcp 10.0.0.5:502',
    );
  if (port !== undefined)
    return serialBus({ port, ...given({ baud: numberIn(baud), parity, stop_bits: numberIn(stopBits) }) });
  return tcp === undefined ? networkBus('rtu-tcp', rtuTcp ?? '') : networkBus('tcp', tcp);
}

/** A bus on a serial port, 9600 8N1 unless said. */
export function serialBus(settings: object): BusConfig {
  return parsed({ kind: 'rtu', baud: 9600, ...settings });
}

/** `text` is a host, with a port or without: 502 is the usual one. */
export function networkBus(kind: 'tcp' | 'rtu-tcp', text: string): BusConfig {
  const [, host = text, port = '502'] = /^(.*):(\d+)$/.exec(text) ?? [];
  return parsed({ kind, host, port: Number(port) });
}

export function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function parsed(wire: object): BusConfig {
  const read = bus.safeParse({ id: 'wire', ...wire });
  if (read.success) return read.data;
  throw usageFailure(
    `that is no wire: ${z.prettifyError(read.error).replaceAll('\n', ' ')}`,
    '--help shows an example',
  );
}
