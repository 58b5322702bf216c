/** The listening end of sd_notify(3): a Unix datagram socket, by libc, since Node has none. Linux only. */
import koffi from 'koffi';

export type Datagrams = {
  /** Everything that has come since the last call, oldest first; waits for nothing. */
  take(): string[];
  close(): void;
};

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

export function listenForDatagrams(path: string): Datagrams {
  const libc = koffi.load('libc.so.6');
  const fd: number = libc.func('int socket(int, int, int)')(AF_UNIX, SOCK_DGRAM, 0);
  const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(`${path}\0`)]);
  if (libc.func('int bind(int, void *, uint32)')(fd, address, address.length) !== 0) throw new Error('bind failed');
  const receive = libc.func('int64 recv(int, _Out_ void *, size_t, int)');
  const close = libc.func('int close(int)');
  return {
    take: () => {
      const taken: string[] = [];
      const data = Buffer.alloc(4096);
      for (;;) {
        const size = Number(receive(fd, data, data.length, MSG_DONTWAIT));
        if (size < 0) return taken;
        taken.push(data.toString('utf8', 0, size));
      }
    },
    close: () => close(fd),
  };
}
