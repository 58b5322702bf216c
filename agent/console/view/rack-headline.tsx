/** One rack in five figures. */
import type { Rack } from '../model/site.ts';
import { isFresh, isOffline, silentMs } from '../model/site.ts';
import { age, kilowatts, withUnit } from '../model/words.ts';
import { reasonsOf } from '../model/worst.ts';
import { Figure } from './figure.tsx';

export function RackHeadline({ rack, known, nowMs }: { rack: Rack; known: boolean; nowMs: number }) {
  const { power, thermal, state, info } = rack;
  const now = isFresh(rack, nowMs) ? power : undefined;
  const heat = rack.thermalUntilMs > nowMs ? thermal : undefined;
  const over = now?.headroom_w != null && now.headroom_w < 0;
  return (
    <section class="headline" aria-label={`Rack ${rack.id}`}>
      <dl>
        <dt>
          <a href="#/">← Site</a>
        </dt>
        <dd class="figure">{rack.id}</dd>
        <dd class="quiet">{known ? (info?.groups.join(', ') ?? '') : 'nothing was heard of a rack of this name'}</dd>
      </dl>
      <Figure name="Mode" value={state?.mode ?? '–'} note={contact(rack, nowMs)} kind={now ? '' : 'bad'} />
      <Figure name="Power" value={kilowatts(now?.power_w)} note={now?.power_from ?? 'not known'} />
      <Figure name="Line" value={kilowatts(now?.line_w)} note={info ? `rated ${kilowatts(info.rated_w)}` : ''} />
      <Figure
        name="Headroom"
        value={kilowatts(now?.headroom_w)}
        note={over ? 'over its line' : ''}
        kind={over ? 'bad' : ''}
      />
      <Figure
        name="Inlet"
        value={heat?.inlet_c == null ? '–' : withUnit(heat.inlet_c, '°C', 1)}
        note={heat?.outlet_c == null ? '' : `outlet ${withUnit(heat.outlet_c, '°C', 1)}`}
      />
      <ul class="reasons">
        {reasonsOf(rack, nowMs).map(({ gravity, says }) => (
          <li key={says} class={gravity}>
            {says}
          </li>
        ))}
      </ul>
    </section>
  );
}

function contact(rack: Rack, nowMs: number): string {
  if (isOffline(rack)) return 'offline';
  if (isFresh(rack, nowMs)) return 'heard from now';
  const forMs = silentMs(rack, nowMs);
  return forMs === undefined ? 'not heard yet' : `silent for ${age(forMs)}`;
}
