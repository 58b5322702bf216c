/** An order on its way: who has got how far with it, live. */
import { endOf, isRelease } from '#protocol/next-order.ts';
import type { View } from '../browser/store.ts';
import { sum } from '../model/sum.ts';
import { age, countdown } from '../model/words.ts';
import { StageBar } from '../view/stage-bar.tsx';
import type { Desk, Sent } from './desk.ts';
import type { Way } from './phases.ts';
import { racksByWay, ways } from './phases.ts';
import { phraseOf } from './request.ts';

type Props = { desk: Desk; sent: Sent; view: View };

export function SentOrder({ desk, sent, view: { site, nowMs } }: Props) {
  const { order, request, atMs, taken, replaced } = sent;
  const byWay = racksByWay(sent, site);
  const all = sum([...byWay.values()], (racks) => racks.length);
  return (
    <>
      <p>
        <b>{phraseOf(request)}</b>, sent {age(nowMs - atMs)} ago
        {!isRelease(order) && `, ${countdown(endOf(order) - nowMs)} to go`}. Event {order.event}.
      </p>
      <p role="status" class={taken === false || replaced ? 'bad' : 'quiet'}>
        {standing(sent)}
      </p>
      <ol class="ways">
        {ways.map((way) => (
          <WayOf key={way} way={way} racks={byWay.get(way) ?? []} of={all} />
        ))}
      </ol>
      <p class="buttons">
        <button type="button" onClick={() => desk.back()}>
          Another order
        </button>
      </p>
    </>
  );
}

function standing({ taken, replaced }: Sent): string {
  if (replaced) return 'A newer order has taken this topic over.';
  switch (taken) {
    case undefined:
      return 'On its way to the broker.';
    case true:
      return 'The broker has it. It is said again every minute while you are signed in: racks take long silence for a lost issuer.';
    case false:
      return 'The broker has not taken it: not connected, or no right to publish there. It is tried again within a minute.';
  }
}

function WayOf({ way, racks, of }: { way: Way; racks: readonly string[]; of: number }) {
  return (
    <li data-way={way} class={racks.length > 0 ? '' : 'quiet'}>
      <details>
        <summary>
          <StageBar name={way} some={racks.length} of={of} />
        </summary>
        <p>{racks.join(' ')}</p>
      </details>
    </li>
  );
}
