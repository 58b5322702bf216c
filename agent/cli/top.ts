/** `ballast top`: the rack as it is, drawn over in place, with its devices and its last events. */
import { Command } from 'commander';
import type { RackEvent } from '#protocol/lifecycle.ts';
import { eventsOf } from './events/asked.ts';
import { usageFailure } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import { showLive } from './live.ts';
import type { LocalOptions } from './local-agent.ts';
import { agentOf, withLocalOptions } from './local-agent.ts';
import { rackStatus } from './status/rack-status.ts';
import { wholeAnswer } from './status.ts';
import type { Verb } from './tools.ts';
import type { View } from './top/render.ts';
import { formatTop } from './top/render.ts';
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
    const seen = async (): Promise<View> => {
      const status = rackStatus(await wholeAnswer(agent));
      events.push(...(await news()));
      events.splice(0, events.length - EVENTS_KEPT);
      return { status, seenAt: clock.wall(), events };
    };
    // Before the terminal is taken: what is wrong from the beginning is said in the usual way.
    let view = await seen();
    let looks = firstLooks;
    await showLive(
      terminal.screen(),
      {
        pressed: (key) => {
          looks = steered(looks, key, view.status.devices.length);
        },
        lines: (size) => formatTop({ ...view, ...looks, nowMs: clock.wall() }, size, terminal),
        look: async () => {
          view = await seen();
        },
        away: (why) => {
          view = { ...view, away: why };
        },
      },
      { clock, interrupted, everyMs: AGAIN_MS },
    );
  });
