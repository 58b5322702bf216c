/** A bus over Modbus TCP whose other end a test plays: it sees each request, and writes what it likes. */
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { ModbusBus } from '#adapters/modbus/bus.ts';
import { tcpFraming } from '#adapters/modbus/tcp.ts';
import { VirtualClock } from '#test/support/virtual-clock.ts';

export const TIMEOUT_MS = 1000;

/** A request as it came over the wire. */
export type Asked = { transaction: number; unit: number; pdu: Buffer };
export type Peer = (asked: Asked, wire: Duplex) => void;

export function busTo(peer: Peer, connected: (signal: AbortSignal) => Promise<void> = async () => {}, pipeline = 1) {
  const clock = new VirtualClock();
  const wires: Duplex[] = [];
  const connect = async (signal: AbortSignal) => {
    await connected(signal);
    const [ours, theirs] = duplexPair();
    wires.push(theirs);
    theirs.on('error', () => {});
    theirs.on('data', (bytes: Buffer) => {
      for (const asked of requestsIn(bytes)) peer(asked, theirs);
    });
    return ours;
  };
  const warnings: string[] = [];
  const log = { debug: () => {}, info: () => {}, warn: (_: object, message: string) => warnings.push(message) };
  const bus = new ModbusBus({
    id: 'pdu-net',
    connect,
    framing: tcpFraming,
    clock,
    log,
    timeoutMs: TIMEOUT_MS,
    pipeline,
  });
  return { bus, clock, wires, warnings, read: (address: number, unit = 1) => readOne(bus, unit, address) };
}

async function readOne(bus: ModbusBus, unit: number, address: number): Promise<number | undefined> {
  const { values } = await bus.read(unit, 'holding', address, 1);
  return values[0];
}

function* requestsIn(bytes: Buffer): Iterable<Asked> {
  for (let at = 0; at < bytes.length; at += 6 + bytes.readUInt16BE(at + 4)) {
    const end = at + 6 + bytes.readUInt16BE(at + 4);
    yield { transaction: bytes.readUInt16BE(at), unit: bytes.readUInt8(at + 6), pdu: bytes.subarray(at + 7, end) };
  }
}

export function reply(transaction: number, unit: number, pdu: string): Buffer {
  const header = Buffer.from([transaction >> 8, transaction & 0xff, 0, 0, 0, pdu.length / 2 + 1, unit]);
  return Buffer.concat([header, Buffer.from(pdu, 'hex')]);
}

/** Answers a read of one register with that register's own address. */
export function ownAddress(asked: Asked): Buffer {
  return reply(asked.transaction, asked.unit, `0302${asked.pdu.toString('hex', 1, 3)}`);
}

export const honest: Peer = (asked, wire) => wire.write(ownAddress(asked));
export const silent: Peer = () => {};

/** A host that drops every packet. */
export function unanswered(signal: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}
