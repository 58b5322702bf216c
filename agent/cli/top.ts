/** `ballast top`: the rack as it is, drawn over in place, with its devices and its last events. */
import { Command } from 'commander';
import type { RackEvent } from '#protocol/lifecycle.ts';
import { attend } from './attend.ts';
import { eventsOf } from './events/asked.ts';
import { usageFailure } from './failure.ts';
import { Interrupted, interruptSignal } from './interrupt.ts';
import type { LocalOptions } from './local-agent.ts';
import { agentOf, withLocalOptions } from './local-agent.ts';
import { rackStatus } from './status/rack-status.ts';
import { wholeAnswer } from './status.ts';
import type { Verb } from './tools.ts';
import type { View } from './top/render.ts';
import { formatTop } from './top/render.ts';
import type { Looks } from './top/steer.ts';
import { firstLooks, steered } from './top/steer.ts';

const AGAIN_MS = 1000;
/** More than a tall terminal shows. */
const EVENTS_KEPT = 100;

export const topVerb: Verb = ({ terminal, clock }) =>
  withLocalOptions(
    new Command('top').description('the rack live: watts against the line, orders, devices, last events'),
  ).action(async (options: LocalOptions) => {
    if (!terminal.screen) {
      const instead = '`ballast status` shows the rack once, `ballast events --follow` what happens';
      throw usageFailure('there is no terminal to draw on', instead);
    }
    const interrupted = interruptSignal();
    const agent = await agentOf(options, clock, interrupted);
    const news = eventsOf(agent);
    const events: RackEvent[] = [];
    const look = async () => {
      const status = rackStatus(await wholeAnswer(agent));
      events.push(...(await news()));
      events.splice(0, events.length - EVENTS_KEPT);
      return status;
    };
    // Before the terminal is taken: what is wrong from the beginning is said in the usual way.
    let view: View = { status: await look(), seenAt: clock.wall(), events };
    let looks: Looks = firstLooks;
    const screen = terminal.screen();
    const quit = new AbortController();
    const ended = AbortSignal.any([interrupted, quit.signal]);
    const draw = () => screen.draw(formatTop({ ...view, ...looks, nowMs: clock.wall() }, screen.size(), terminal));
    screen.onKey((key) => {
      if (key === 'q' || key === 'ctrl-c') return quit.abort(new Interrupted());
      looks = steered(looks, key, view.status.devices.length);
      draw();
    });
    screen.onResize(draw);
    // Ages and what is left of an order go on while the agent is away.
    const stopDrawing = clock.every('top', AGAIN_MS, draw);
    draw();
    try {
      await attend(
        async () => {
          view = { status: await look(), seenAt: clock.wall(), events };
          draw();
        },
        {
          everyMs: AGAIN_MS,
          clock,
          interrupted: ended,
          away: (why) => {
            view = { ...view, away: why };
            draw();
          },
          back: () => {},
        },
      );
    } finally {
      stopDrawing();
      screen.close();
    }
  });
