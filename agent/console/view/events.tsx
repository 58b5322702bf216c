/** The events whose orders the broker holds: what they ask for, of whom, and how much of it is there. */
import type { Amount, Target } from '#protocol/order.ts';
import type { View } from '../browser/store.ts';
import { stateOf } from '../model/events.ts';
import type { Funnel } from '../model/funnel.ts';
import { funnelOf } from '../model/funnel.ts';
import type { GridEvent } from '../model/site.ts';
import { count, countdown, hourAndMinute, kilowatts, withUnit } from '../model/words.ts';
import { Panel } from './panel.tsx';

type Props = { view: View; event: GridEvent | undefined; choose: (key: string) => void };

export function Events({ view, event: shown, choose }: Props) {
  const events = [...view.site.events.values()].reverse();
  return (
    <Panel name="Events" area="events" tools={<span class="quiet">{count(events.length)}</span>}>
      {events.length === 0 && <p class="empty">No order is on the broker.</p>}
      <div class="scroll">
        <table>
          <tbody>
            {events.map((event) => (
              <EventRow key={event.key} view={view} event={event} shown={event.key === shown?.key} choose={choose} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

type RowProps = { view: View; event: GridEvent; shown: boolean; choose: (key: string) => void };

function EventRow({ view: { site, nowMs }, event, shown, choose }: RowProps) {
  const funnel = funnelOf(site, event, nowMs);
  return (
    <tr class={stateOf(event, nowMs)}>
      <th scope="row">
        <button type="button" aria-pressed={shown} onClick={() => choose(event.key)}>
          {event.event}
        </button>
        <span class="quiet below">
          {event.issuer} to{' '}
          {[...event.orders].map(([to, { intervals }]) => `${to}: ${targetWords(intervals.at(-1)?.target)}`).join('; ')}
        </span>
      </th>
      <td class="number">
        {hourAndMinute(event.fromMs)}–{hourAndMinute(event.untilMs)}
        <span class="quiet below">{when(event, nowMs)}</span>
      </td>
      <td class="number">{outcome(funnel)}</td>
    </tr>
  );
}

/** An event of which no rack says anything any more may have gone well. */
function outcome({ sent, received, metered }: Funnel): string {
  return received.length === 0 ? 'no word of it' : `${count(metered.length)} of ${count(sent.length)} metered`;
}

function when(event: GridEvent, nowMs: number): string {
  switch (stateOf(event, nowMs)) {
    case 'coming':
      return `in ${countdown(event.fromMs - nowMs)}`;
    case 'running':
      return `${countdown(event.untilMs - nowMs)} left`;
    case 'over':
      return 'over';
  }
}

function targetWords(target: Target | undefined): string {
  switch (target?.kind) {
    case 'ceiling':
      return `at most ${amountWords(target)}`;
    case 'shed':
      return `${amountWords(target)} less`;
    case 'setpoint':
      return `exactly ${amountWords(target)}`;
    case 'floor':
      return `at least ${amountWords(target)}`;
    case 'release':
      return 'released';
    case 'droop':
    case 'trip':
    case 'market':
      return target.kind;
    case undefined:
      return '';
  }
}

function amountWords({ fraction, watts }: Amount): string {
  return fraction === undefined ? kilowatts(watts) : withUnit(100 * fraction, '%');
}
