/** What a page costs: asked of the browser, of the process that paints it, and of the page itself. */
import { readFile } from 'node:fs/promises';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { systemClock } from '#agent/platform/clock.ts';
import type { Millis } from '#protocol/units.ts';

export type Gauge = {
  /** What its scripts hold, after a collection. */
  readonly heapMb: number;
  /** Of the process that paints it. */
  readonly rssMb: number;
  /** That process has computed so long, seconds. */
  readonly cpuS: number;
  /** Animation frames, and turns in which the page changed, since it was opened. */
  readonly frames: number;
  readonly paints: number;
  /** Between two frames at the most since the last look. */
  readonly longestMs: Millis;
  readonly atMs: Millis;
};

export class Gauges {
  readonly #page: Page;
  readonly #session: CDPSession;
  readonly #browser: CDPSession;
  readonly #pid: number;

  private constructor(page: Page, session: CDPSession, browser: CDPSession, pid: number) {
    this.#page = page;
    this.#session = session;
    this.#browser = browser;
    this.#pid = pid;
  }

  /** Of the one page that a browser has open. */
  static async of(browser: Browser, page: Page): Promise<Gauges> {
    await page.evaluate(count);
    const [session, whole] = [await page.context().newCDPSession(page), await browser.newBrowserCDPSession()];
    const busiest = (await processes(whole)).toSorted((a, b) => b.cpuTime - a.cpuTime)[0];
    if (!busiest) throw new Error('the browser has no process that paints');
    return new Gauges(page, session, whole, busiest.id);
  }

  async look(): Promise<Gauge> {
    await this.#session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await this.#session.send('Runtime.getHeapUsage');
    const own = (await processes(this.#browser)).find(({ id }) => id === this.#pid);
    const status = await readFile(`/proc/${this.#pid}/status`, 'utf8');
    const counted = await this.#page.evaluate(read);
    return {
      ...counted,
      heapMb: usedSize / 1e6,
      rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1e3,
      cpuS: own?.cpuTime ?? Number.NaN,
      atMs: systemClock.monotonic(),
    };
  }
}

async function processes(browser: CDPSession) {
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
  return processInfo.filter(({ type }) => type === 'renderer');
}

type Counted = { frames: number; paints: number; longestMs: number };
/** What is there of a browser's own while a function runs in the page. */
type InPage = {
  counted: Counted;
  document: { body: object };
  performance: { now(): number };
  requestAnimationFrame(frame: () => void): void;
  MutationObserver: new (changed: () => void) => { observe(node: object, what: object): void };
};

/** Runs in the page. */
function count(): void {
  const page = globalThis as unknown as InPage;
  const counted = { frames: 0, paints: 0, longestMs: 0 };
  page.counted = counted;
  let before = page.performance.now();
  const frame = () => {
    const at = page.performance.now();
    counted.frames += 1;
    counted.longestMs = Math.max(counted.longestMs, at - before);
    before = at;
    page.requestAnimationFrame(frame);
  };
  page.requestAnimationFrame(frame);
  new page.MutationObserver(() => {
    counted.paints += 1;
  }).observe(page.document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}

/** Runs in the page. */
function read(): Counted {
  const { counted } = globalThis as unknown as InPage;
  const told = { ...counted };
  counted.longestMs = 0;
  return told;
}
