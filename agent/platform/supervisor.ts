/**
 * Words to whoever started the process, by sd_notify(3): datagrams to the Unix socket that NOTIFY_SOCKET names. Node
 * has no such sockets, so libc sends them. Without that variable nobody listens and nothing is loaded.
 */
import koffi from 'koffi';
import type { Millis } from '#protocol/units.ts';
import type { Clock } from './clock.ts';

export type Supervisor = {
  /** The agent runs; `status` is shown by `systemctl status`. */
  ready(status: string): void;
  /** The loop turns. May be called as often as it does; the watchdog is fed a few times per its period. */
  alive(): void;
  stopping(): void;
};

type Env = Readonly<Record<string, string | undefined>>;

/** A watchdog is fed so many times in its period: one late turn ends nothing. */
const FEEDS_PER_PERIOD = 4;

export function supervisor(env: Env, pid: number, clock: Pick<Clock, 'monotonic'>): Supervisor {
  const path = env['NOTIFY_SOCKET'];
  if (!path) return { ready: () => {}, alive: () => {}, stopping: () => {} };
  const tell = datagramsTo(path);
  const feedMs = feedEveryMs(env, pid);
  let fedAt = Number.NEGATIVE_INFINITY;
  return {
    ready: (status) => tell(`READY=1\nSTATUS=${status}`),
    alive: () => {
      const mono = clock.monotonic();
      if (feedMs === undefined || mono - fedAt < feedMs) return;
      fedAt = mono;
      tell('WATCHDOG=1');
    },
    stopping: () => tell('STOPPING=1\nSTATUS=outputs stay as they are'),
  };
}

/** undefined when there is no watchdog, or it watches another process. */
function feedEveryMs({ WATCHDOG_USEC: us, WATCHDOG_PID: watched }: Env, pid: number): Millis | undefined {
  const periodMs = Number(us) / 1000;
  if (!(periodMs > 0) || (watched !== undefined && Number(watched) !== pid)) return undefined;
  return periodMs / FEEDS_PER_PERIOD;
}

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 0o2000002;
const MSG_DONTWAIT_NOSIGNAL = 0x4040;
/** sizeof(sun_path) of unix(7). */
const LONGEST_PATH = 108;

/** Never throws and never waits: a supervisor that does not listen must not hold up the rack. */
function datagramsTo(path: string): (text: string) => void {
  const libc = koffi.load('libc.so.6');
  const send = libc.func('int64 sendto(int fd, void *data, size_t size, int flags, void *to, uint32 to_size)');
  const fd: number = libc.func('int socket(int domain, int type, int protocol)')(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  const to = addressOf(path);
  return (text) => {
    const data = Buffer.from(text);
    send(fd, data, data.length, MSG_DONTWAIT_NOSIGNAL, to, to.length);
  };
}

/** struct sockaddr_un. A path that begins with @ is in the abstract namespace: its first byte is NUL. */
function addressOf(path: string): Buffer {
  const name = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`);
  const family = Buffer.from(Uint16Array.of(AF_UNIX).buffer);
  return Buffer.concat([family, name.subarray(0, LONGEST_PATH)]);
}
