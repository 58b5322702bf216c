/**
 * A vLLM server in its developer mode, and the router before it. What matters here is what its sleep does to requests,
 * which is as the real one's: by default those in flight are aborted, with `mode=wait` they are finished first, and one
 * that comes while the server sleeps hangs until it wakes, or for ever.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SimulatorClock } from './clock.ts';

type Request = { readonly answer: (status: number) => void; readonly work: AbortController };

export class FakeVllm {
  /** Milliseconds that a request takes. */
  requestMs = 100;
  wakeMs = 20;
  /** Requests of which nobody will hear again, and those that were cut off. */
  readonly lost = { hung: 0, aborted: 0 };
  served = 0;
  /** How often it was put to sleep. */
  sleeps = 0;
  asleep = false;
  /** Sleeps at once, whatever runs, as versions before `mode=wait` did. */
  ignoresMode = false;
  /** Whether its developer mode is on: without it nobody can put it to sleep. */
  developer = true;
  /** Called when it begins or ends to compute. */
  onBusy: (busy: boolean) => void = () => {};
  readonly #clock: SimulatorClock;
  readonly #running = new Set<Request>();
  readonly #server: Server;
  readonly #router: Server;
  /** Requests that the router holds back. */
  readonly #held: (() => void)[] = [];
  #admits = true;

  constructor(clock: SimulatorClock) {
    this.#clock = clock;
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#router = createServer((request, response) => this.#route(request, response));
  }

  async listen(): Promise<{ readonly url: string; readonly routerUrl: string }> {
    const [url, routerUrl] = await Promise.all([this.#server, this.#router].map(listening));
    return { url: url ?? '', routerUrl: routerUrl ?? '' };
  }

  async close(): Promise<void> {
    this.#abortAll();
    for (const server of [this.#server, this.#router]) server.closeAllConnections();
    await Promise.all([this.#server, this.#router].map((server) => new Promise((done) => server.close(done))));
  }

  get #isBusy(): boolean {
    return this.#running.size > 0;
  }

  #serve({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, 'http://vllm');
    const is = (asked: string) => asked === `${method} ${pathname}`;
    if (is('GET /metrics')) reply(response, 200, this.#metrics());
    else if (is('POST /v1/completions')) this.#infer(response);
    else if (!this.developer) reply(response, 404);
    else if (is('GET /is_sleeping')) reply(response, 200, JSON.stringify({ is_sleeping: this.asleep }));
    else if (is('POST /sleep')) this.#sleep(searchParams.get('mode') ?? 'abort', response);
    else if (is('POST /wake_up')) this.#wake(response);
    else reply(response, 404);
  }

  #wake(response: ServerResponse): void {
    this.#after(this.wakeMs, new AbortController(), () => {
      this.asleep = false;
      reply(response, 200);
    });
  }

  #infer(response: ServerResponse): void {
    if (this.asleep) {
      // The race: it was routed here before the sleep and comes after it.
      this.lost.hung++;
      return;
    }
    const request: Request = { answer: (status) => reply(response, status), work: new AbortController() };
    this.#after(this.requestMs, request.work, () => {
      this.served++;
      this.#end(request, 200);
    });
    this.#running.add(request);
    if (this.#running.size === 1) this.onBusy(true);
  }

  #end(request: Request, status: number): void {
    this.#running.delete(request);
    request.answer(status);
    if (!this.#isBusy) this.onBusy(false);
  }

  #sleep(mode: string, response: ServerResponse): void {
    const fallAsleep = () => {
      this.asleep = true;
      this.sleeps++;
      reply(response, 200);
    };
    if (mode === 'wait' && !this.ignoresMode && this.#isBusy) {
      const before = this.onBusy;
      this.onBusy = (busy) => {
        before(busy);
        if (busy) return;
        this.onBusy = before;
        fallAsleep();
      };
      return;
    }
    this.lost.aborted += this.#running.size;
    this.#abortAll();
    fallAsleep();
  }

  #abortAll(): void {
    for (const request of this.#running) {
      request.work.abort();
      this.#end(request, 500);
    }
  }

  #after(ms: number, abort: AbortController, work: () => void): void {
    this.#clock.sleep(ms, abort.signal).then(work, () => {});
  }

  #metrics(): string {
    return `# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{model_name="m"} ${this.#running.size}.0
vllm:num_requests_waiting{model_name="m"} 0.0
vllm:kv_cache_usage_perc{model_name="m"} ${this.#running.size / 100}
`;
  }

  /** While drained it holds requests; they are served when the server is admitted again. */
  #route({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    if (method === 'POST' && (url === '/drain' || url === '/admit')) {
      this.#admits = url === '/admit';
      reply(response, 200);
      if (this.#admits) for (const go of this.#held.splice(0)) go();
      return;
    }
    if (this.#admits) this.#infer(response);
    else this.#held.push(() => this.#infer(response));
  }
}

function reply(response: ServerResponse, status: number, text = ''): void {
  response.writeHead(status).end(text);
}

function listening(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}
