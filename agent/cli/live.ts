/** A screen that is drawn again and again, until q, Ctrl-C or a signal: for `top` and `read`. */
import type { Clock } from '#agent/platform/clock.ts';
import type { Millis } from '#protocol/units.ts';
import { attend } from './attend.ts';
import { Interrupted } from './interrupt.ts';
import type { Screen } from './screen.ts';

export type Live = {
  /** Told of every key but those that end it. */
  pressed(key: string): void;
  /** What is to be seen now. */
  lines(size: ReturnType<Screen['size']>): string[];
  /** Looks anew. */
  look(): Promise<void>;
  /** Told once when the agent answers no more, in plain words. */
  away(why: string): void;
};

export type LiveParts = {
  readonly clock: Pick<Clock, 'sleep' | 'every'>;
  readonly interrupted: AbortSignal;
  readonly everyMs: Millis;
};

/** Ages go on while the agent is away. */
const REDRAW_MS: Millis = 1000;

export async function showLive(
  screen: Screen,
  { pressed, lines, look, away }: Live,
  { clock, interrupted, everyMs }: LiveParts,
): Promise<void> {
  const quit = new AbortController();
  const draw = () => screen.draw(lines(screen.size()));
  screen.onKey((key) => {
    if (key === 'q' || key === 'ctrl-c') return quit.abort(new Interrupted());
    pressed(key);
    draw();
  });
  screen.onResize(draw);
  const stopDrawing = clock.every('screen', REDRAW_MS, draw);
  try {
    draw();
    await attend(
      async () => {
        await look();
        draw();
      },
      {
        everyMs,
        clock,
        interrupted: AbortSignal.any([interrupted, quit.signal]),
        away: (why) => {
          away(why);
          draw();
        },
        back: () => {},
      },
    );
  } finally {
    stopDrawing();
    screen.close();
  }
}
