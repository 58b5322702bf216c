/** The agent's log: one JSON object a line on stdout, which journald keeps. */
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { pino } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export type Logger = {
  debug(detail: object, message: string): void;
  info(detail: object, message: string): void;
  warn(detail: object, message: string): void;
  error(detail: object, message: string): void;
  /** A log that adds `fields`, such as the rack, to every line. */
  child(fields: object): Logger;
};

/** Names whose values never reach the log, at the top of a detail or up to two levels below. */
const secrets = ['password', 'passwd', 'token', 'key', 'salt', 'sign', 'secret', 'authorization', 'cookie'];

/** `to` is where the lines go: stdout unless a test listens. */
export function openLog(level: LogLevel, to?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    errorKey: 'error',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '(secret)' },
  };
  return facade(to ? pino(options, to) : pino(options));
}

function facade(log: PinoLogger): Logger {
  return {
    debug: (detail, message) => log.debug(detail, message),
    info: (detail, message) => log.info(detail, message),
    warn: (detail, message) => log.warn(detail, message),
    error: (detail, message) => log.error(detail, message),
    child: (fields) => facade(log.child(fields)),
  };
}
