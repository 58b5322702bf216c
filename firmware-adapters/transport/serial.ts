/** Serial ports for production. Tests and simulations pass in-memory streams of the same type instead. */
import type { Duplex } from 'node:stream';
import { AdapterError } from '../errors.ts';
import { holderOf } from './flock-holder.ts';
import { wireOn } from './serial-wire.ts';

export type SerialSettings = {
  /** Best one of `/dev/serial/by-id`: it names the adapter, whatever order the adapters are found in. */
  path: string;
  /** Bits per second. */
  baud: number;
  parity: 'none' | 'even' | 'odd';
  stopBits: 1 | 2;
};

/** Opens a port for us alone, or throws `AdapterError('unreachable')`. An unplugged adapter destroys the stream. */
export type OpenSerial = (settings: SerialSettings, signal: AbortSignal) => Promise<Duplex>;

export const openSerial: OpenSerial = async ({ path, baud, parity, stopBits }, signal) => {
  const { SerialPort } = await library();
  signal.throwIfAborted();
  const port = new SerialPort({ path, baudRate: baud, dataBits: 8, parity, stopBits, autoOpen: false });
  const failure = await new Promise<Error | null>((opened) => port.open(opened));
  if (failure) throw new AdapterError('unreachable', await plainFailure(path, failure), { cause: failure });
  return wireOn(port);
};

/** Loaded by the first port: an agent without serial buses starts without the library's native part. */
async function library(): Promise<typeof import('serialport')> {
  try {
    // It is CommonJS: Node finds its names, but the bundle that is installed has only this one.
    return (await import('serialport')).default;
  } catch (cause) {
    const fix = 'reinstall the dependencies on this machine with npm ci';
    throw new AdapterError('unreachable', `the library serialport cannot be loaded: ${fix}`, { cause });
  }
}

/** The library passes on the C library's words and no code. */
async function plainFailure(path: string, { message }: Error): Promise<string> {
  if (message.includes('Cannot lock port')) return `${path} is held by ${(await holderOf(path)) ?? 'another process'}`;
  if (message.includes('No such file')) return `there is no ${path}: is the adapter plugged in?`;
  if (message.includes('Permission denied')) return `no permission for ${path}: add this user to its group, dialout`;
  return `${path}: ${message}`;
}
