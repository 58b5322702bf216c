/** What the console costs a browser while it watches a site of a thousand racks, in minutes of 1 Hz. */
import { existsSync } from 'node:fs';
import { systemClock } from '#agent/platform/clock.ts';
import { openStage, watch } from '#test/site/stage.ts';
import type { Bench, Check } from './bench.ts';
import type { Gauge } from './console/gauges.ts';
import { Gauges } from './console/gauges.ts';

const RACKS = 1000;
const USUAL_MINUTES = 10;
/** What the page keeps of a site has come together by then. */
const SETTLED_MS = 60_000;

export const consoleBench: Bench = {
  name: 'console',
  what: `the page in a browser, ${RACKS} racks at 1 Hz for ${USUAL_MINUTES} minutes, or --minutes N`,
  run: async ({ say, minutes = USUAL_MINUTES }) => {
    if (!existsSync('/usr/bin/chromium')) return { kind: 'notRun', why: 'no chromium: apt-get install chromium' };
    const stage = await openStage(RACKS, 1);
    try {
      say('the site is up');
      const page = await stage.open({ viewport: { width: 1280, height: 900 } });
      const begun = systemClock.monotonic();
      await watch(page);
      await page
        .getByRole('region', { name: 'Site power' })
        .getByText(/\d\skW/)
        .first()
        .waitFor();
      const firstWatts = systemClock.monotonic() - begun;
      const gauges = await Gauges.of(stage.browser, page);
      await systemClock.sleep(SETTLED_MS);
      const early = await gauges.look();
      let late = early;
      for (let minute = 1; minute < minutes; minute++) {
        await systemClock.sleep(60_000);
        late = await gauges.look();
        say(`${minute + 1} min: ${told(late)}`);
      }
      const bar = await page.locator('header.status').innerText();
      say(bar.replaceAll('\n', ' '));
      const { checks, figures } = judged(early, late, firstWatts);
      return { kind: 'ran', checks: [spoken(bar), ...checks], figures };
    } finally {
      await stage.stop();
    }
  },
};

/** On a machine that is busy with other things the site itself falls behind: then little was shown of the page. */
function spoken(bar: string): Check {
  const [, heard = ''] = /racks\s+([\d\s]+) of/.exec(bar) ?? [];
  const value = Number(heard.replaceAll(/\s/g, '')) / RACKS;
  return { what: 'racks that are heard at the end, of all', value, limit: 0.9, better: 'higher' };
}

function judged(early: Gauge, late: Gauge, firstWattsMs: number): { checks: Check[]; figures: Record<string, number> } {
  const seconds = Math.max(1, (late.atMs - early.atMs) / 1000);
  const paints = (late.paints - early.paints) / seconds;
  return {
    checks: [
      { what: 'paints per second', value: paints, limit: 4.2, better: 'lower' },
      {
        what: 'heap at the end, of that after a minute',
        value: late.heapMb / early.heapMb,
        limit: 1.5,
        better: 'lower',
      },
    ],
    figures: {
      first_watts_ms: firstWattsMs,
      heap_after_a_minute_mb: early.heapMb,
      heap_at_the_end_mb: late.heapMb,
      rss_at_the_end_mb: late.rssMb,
      frames_per_s: (late.frames - early.frames) / seconds,
      longest_between_frames_ms: late.longestMs,
      cpu_percent_of_a_core: (100 * (late.cpuS - early.cpuS)) / seconds,
    },
  };
}

function told({ heapMb, rssMb, longestMs }: Gauge): string {
  return `heap ${heapMb.toFixed(0)} MB, process ${rssMb.toFixed(0)} MB, longest between frames ${longestMs.toFixed(0)} ms`;
}
