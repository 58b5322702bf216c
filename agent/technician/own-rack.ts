/** The instruments of a config, opened by a process of its own: for a machine on which no agent runs. */
import { openSerial } from '#adapters/transport/serial.ts';
import { connectTcp } from '#adapters/transport/tcp.ts';
import type { CheckedConfig } from '#agent/config/load.ts';
import type { Clock } from '#agent/platform/clock.ts';
import { openLog } from '#agent/platform/log.ts';
import type { Rack } from '#agent/rack/rack.ts';
import { buildRack } from '#agent/rack/rack.ts';
import type { WireParts } from '#agent/rack/wires.ts';

/** Meters, sensors and PDUs alone: no device is spoken to. Whoever opens it stops it. */
export function openInstruments({ config, shelf }: CheckedConfig, clock: Clock): Rack {
  const instruments = { ...config, devices: [], workloads: [] };
  const rack = buildRack(instruments, { ...ownWires(clock), maps: shelf.maps, secret: async () => '' });
  rack.start();
  return rack;
}

/** Real ports and sockets; what goes wrong is told by who uses them, not in a log. */
export function ownWires(clock: Clock): WireParts {
  return { clock, log: openLog('silent'), connect: connectTcp, serial: openSerial };
}
