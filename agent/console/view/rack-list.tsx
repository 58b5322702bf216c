/** The worst racks, or those of a stage of the funnel. The order stands still while somebody is about to click. */
import { useRef, useState } from 'preact/hooks';
import { rackAddress } from '../browser/route.ts';
import type { View } from '../browser/store.ts';
import type { Stage } from '../model/funnel.ts';
import { funnelOf, reasonIn } from '../model/funnel.ts';
import type { GridEvent, Rack } from '../model/site.ts';
import { isFresh } from '../model/site.ts';
import { count, kilowatts } from '../model/words.ts';
import type { Gravity, Reason } from '../model/worst.ts';
import { reasonsOf, worries } from '../model/worst.ts';
import { Panel } from './panel.tsx';

type Props = { view: View; event: GridEvent | undefined; stage: Stage | undefined; close: () => void };
type Row = { readonly rack: Rack; readonly reasons: readonly Pick<Reason, 'gravity' | 'says'>[] };

const MOST_ROWS = 200;
const marks: { readonly [Each in Gravity]: string } = { bad: '▲', warn: '●', note: '·' };

export function RackList({ view, event, stage, close }: Props) {
  const [held, setHeld] = useState(false);
  const rows = stage && event ? inStage(view, event, stage) : worries(view.site, view.nowMs);
  const shown = useStill(rows, held, stage).slice(0, MOST_ROWS);
  const name = stage ? `Racks: ${stage}` : 'Worst racks';
  const tools = (
    <>
      <span class="quiet">
        {count(rows.length)}
        {held && ', order held'}
      </span>
      {stage && (
        <button type="button" onClick={close}>
          Worst racks
        </button>
      )}
    </>
  );
  return (
    <Panel name={name} area="racks" tools={tools}>
      <div
        class="scroll"
        onPointerEnter={() => setHeld(true)}
        onPointerLeave={() => setHeld(false)}
        onFocusIn={() => setHeld(true)}
        onFocusOut={() => setHeld(false)}
      >
        {shown.length === 0 && <p class="empty">{stage ? 'None.' : 'Nothing to worry about.'}</p>}
        <table>
          <tbody>
            {shown.map((row) => (
              <RackRow key={row.rack.id} row={row} nowMs={view.nowMs} />
            ))}
          </tbody>
        </table>
        {rows.length > MOST_ROWS && <p class="empty">and {count(rows.length - MOST_ROWS)} more</p>}
      </div>
    </Panel>
  );
}

function RackRow({ row: { rack, reasons }, nowMs }: { row: Row; nowMs: number }) {
  const power = isFresh(rack, nowMs) ? rack.power : undefined;
  return (
    <tr>
      <th scope="row">
        <a href={rackAddress(rack.id)}>{rack.id}</a>
      </th>
      <td class="number">{kilowatts(power?.power_w)}</td>
      <td class="reasons" title={reasons.map(({ says }) => says).join('\n')}>
        <div>
          {reasons.map(({ gravity, says }) => (
            <span key={says}>
              <span class={gravity} aria-hidden="true">
                {marks[gravity]}
              </span>
              {`\u00a0${says} `}
            </span>
          ))}
        </div>
      </td>
    </tr>
  );
}

function inStage({ site, nowMs }: View, event: GridEvent, stage: Stage): Row[] {
  return funnelOf(site, event, nowMs)[stage].flatMap((id) => {
    const rack = site.racks.get(id);
    if (!rack) return [];
    const own = { gravity: 'note' as const, says: reasonIn(stage, rack, event) };
    return [{ rack, reasons: [own, ...reasonsOf(rack, nowMs).filter(({ ofOrder }) => !ofOrder)] }];
  });
}

/** While held, rows stay where they were; what they say goes on, and new ones wait below. */
function useStill(rows: readonly Row[], held: boolean, of: unknown): readonly Row[] {
  const order = useRef<{ of: unknown; ids: readonly string[] }>({ of, ids: [] });
  if (!held || order.current.of !== of) {
    order.current = { of, ids: rows.map(({ rack }) => rack.id) };
    return rows;
  }
  const byId = new Map(rows.map((row) => [row.rack.id, row]));
  const still = order.current.ids.flatMap((id) => byId.get(id) ?? []);
  const known = new Set(order.current.ids);
  return [...still, ...rows.filter(({ rack }) => !known.has(rack.id))];
}
