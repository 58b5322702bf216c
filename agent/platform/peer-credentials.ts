/** Who is at the other end of a Unix socket, by the kernel's word: a peer cannot claim to be another. */
import type { Socket } from 'node:net';
import koffi from 'koffi';

export type Credentials = { readonly pid: number; readonly uid: number };

/** Of Linux on x86-64 and arm64. */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** struct ucred: pid, uid, gid. */
const UCRED_BYTES = 12;

/** A reader of the kernel's word; where it cannot be asked, nobody is known. */
export function peerCredentials(): (socket: Socket) => Credentials | undefined {
  const ask = bind();
  return (socket) => {
    const fd = fdOf(socket);
    if (!ask || fd === undefined) return undefined;
    const [ucred, length] = [Buffer.alloc(UCRED_BYTES), Buffer.alloc(4)];
    length.writeUInt32LE(UCRED_BYTES);
    if (ask(fd, SOL_SOCKET, SO_PEERCRED, ucred, length) !== 0) return undefined;
    return { pid: ucred.readInt32LE(0), uid: ucred.readUInt32LE(4) };
  };
}

type GetSockOpt = (fd: number, level: number, option: number, value: Buffer, length: Buffer) => number;

function bind(): GetSockOpt | undefined {
  try {
    const signature = 'int getsockopt(int fd, int level, int option, void *value, void *length)';
    return koffi.load('libc.so.6').func(signature) as GetSockOpt;
  } catch {
    return undefined;
  }
}

/** Node tells nobody the descriptor of a socket but its own handle. */
function fdOf(socket: Socket & { readonly _handle?: { readonly fd?: number } | null }): number | undefined {
  const fd = socket._handle?.fd;
  return fd !== undefined && fd >= 0 ? fd : undefined;
}
