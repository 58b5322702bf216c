/** The rack for Prometheus, at http://127.0.0.1:PORT/metrics. What goes wrong here never keeps the agent from its work. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { boardOf } from '#protocol/board.ts';
import type { Millis } from '#protocol/units.ts';
import type { Config } from './config/config.ts';
import type { Agent } from './parts.ts';
import type { Clock } from './platform/clock.ts';
import type { Logger } from './platform/log.ts';
import type { WebServer } from './platform/web-server.ts';
import { listen } from './platform/web-server.ts';
import type { Raised } from './report/alarms.ts';
import { CONTENT_TYPE, exposition } from './report/metrics/exposition.ts';
import { rackMetrics } from './report/metrics/rack-metrics.ts';

export type MetricsParts = {
  readonly clock: Clock;
  readonly log: Logger;
  /** Raised where it cannot listen. */
  readonly alarms: Map<string, Raised>;
};

type Scraped = Pick<Agent, 'status' | 'events' | 'local'>;

/** Whoever asks more often gets the same again: reading all of a large rack takes the loop's own time. */
const FRESH_MS: Millis = 1000;

export function openMetrics(
  { site, rack, metrics }: Pick<Config, 'site' | 'rack' | 'metrics'>,
  agent: Scraped,
  { clock, log, alarms }: MetricsParts,
): { start(): Promise<void>; stop(): Promise<void> } {
  const address = { host: '127.0.0.1', port: metrics?.port ?? 0 };
  let server: WebServer | undefined;
  let last = { at: Number.NEGATIVE_INFINITY, text: '' };
  const scrape = (): string => {
    const at = clock.monotonic();
    if (at - last.at >= FRESH_MS) last = { at, text: textOf(agent, { site, rack }, clock.wall()) };
    return last.text;
  };
  return {
    start: async () => {
      const failed = (error: unknown) => log.error({ error }, 'metrics could not be told');
      try {
        server = await listen((request, response) => answer(request, response, scrape, failed), address);
        log.info({ url: `${server.url}metrics` }, 'metrics are served');
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const why = code === 'EADDRINUSE' ? 'it is taken' : message;
        const fix = 'name another port under metrics, and restart';
        alarms.set('metrics', {
          severity: 'warning',
          message: `no metrics: port ${address.port} cannot be opened, ${why}; ${fix}`,
        });
        log.warn({ reason: message }, 'metrics cannot be served');
      }
    },
    stop: async () => await server?.stop(),
  };
}

function textOf(agent: Scraped, labels: { site: string; rack: string }, wall: Millis): string {
  const { board, brokers } = agent.status();
  const { phases, refusals } = agent.events;
  const { lockedOut } = agent.local;
  return exposition(rackMetrics({ board: boardOf(board), brokers, lockedOut, phases, refusals, wall }), labels);
}

function answer(
  { method, url }: IncomingMessage,
  response: ServerResponse,
  scrape: () => string,
  failed: (error: unknown) => void,
): void {
  if (url?.split('?')[0] !== '/metrics') response.writeHead(404).end('look at /metrics\n');
  else if (method !== 'GET') response.writeHead(405).end('only GET\n');
  else {
    try {
      response.writeHead(200, { 'Content-Type': CONTENT_TYPE }).end(scrape());
    } catch (error) {
      // Thrown from here it would end the process.
      failed(error);
      response.destroy();
    }
  }
}
