/** Makes the buses that the config describes, for the rack and for who looks for instruments. */
import type { Connect } from '#adapters/contract.ts';
import type { ModbusBusOptions } from '#adapters/modbus/bus.ts';
import { ModbusBus } from '#adapters/modbus/bus.ts';
import { rtuFraming, rtuOverTcpFraming, rtuTimeoutMs } from '#adapters/modbus/rtu.ts';
import { tcpFraming } from '#adapters/modbus/tcp.ts';
import type { OpenSerial } from '#adapters/transport/serial.ts';
import type { Millis } from '#protocol/units.ts';
import type { BusConfig } from '../config/config.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';

export type WireParts = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly connect: Connect;
  readonly serial: OpenSerial;
};

/** Allowed for connecting, and again for each reply. */
const BUS_TIMEOUT_MS: Millis = 1000;

/** `unitGapMs` is the rest that each unit needs; `timeoutMs` overrides what is usual on such a wire. */
export function openBus(
  bus: BusConfig,
  parts: WireParts,
  unitGapMs: ReadonlyMap<number, Millis> = new Map(),
  timeoutMs?: Millis,
): ModbusBus {
  const { clock, log } = parts;
  const options = { id: bus.id, clock, log, unitGapMs, latencyMs: bus.latency_ms, ...wireOf(bus, parts) };
  return new ModbusBus({ ...options, ...(timeoutMs !== undefined && { timeoutMs }) });
}

function wireOf(
  bus: BusConfig,
  { connect, serial }: WireParts,
): Pick<ModbusBusOptions, 'connect' | 'framing' | 'timeoutMs' | 'pipeline'> {
  switch (bus.kind) {
    case 'tcp':
      return {
        connect: (signal) => connect(bus.host, bus.port, signal),
        framing: tcpFraming,
        timeoutMs: BUS_TIMEOUT_MS,
        pipeline: bus.pipeline,
      };
    case 'rtu-tcp':
      return {
        connect: (signal) => connect(bus.host, bus.port, signal),
        framing: rtuOverTcpFraming(bus.baud),
        timeoutMs: BUS_TIMEOUT_MS,
      };
    case 'rtu': {
      const { port: path, baud, parity, stop_bits: stopBits } = bus;
      return {
        connect: (signal) => serial({ path, baud, parity, stopBits }, signal),
        framing: rtuFraming(baud),
        timeoutMs: rtuTimeoutMs(baud),
      };
    }
  }
}
