/** One rack in five figures. */
import type { Rack } from '../model/site.ts';
import { isFresh, isOffline } from '../model/site.ts';
import { age, decimal, kilowatts } from '../model/words.ts';
import { reasonsOf } from '../model/worst.ts';
import { Figure } from './figure.tsx';

export function RackHeadline({ rack, known, nowMs }: { rack: Rack; known: boolean; nowMs: number }) {
  const { power, thermal, state, info } = rack;
  const now = isFresh(rack, nowMs) ? power : undefined;
  const heat = rack.thermalUntilMs > nowMs ? thermal : undefined;
  const over = now?.headroom_w != null && now.headroom_w < 0;
  const contact = isOffline(rack) ? 'offline' : now ? 'heard from now' : `silent for ${age(silentMs(rack, nowMs))}`;
  return (
    <section class="headline" aria-label={`Rack ${rack.id}`}>
      <dl>
        <dt>
          <a href="#/">← Site</a>
        </dt>
        <dd class="figure">{rack.id}</dd>
        <dd class="quiet">{known ? (info?.groups.join(', ') ?? '') : 'nothing was heard of a rack of this name'}</dd>
      </dl>
      <Figure name="Mode" value={state?.mode ?? '–'} note={contact} kind={now ? '' : 'bad'} />
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
        value={heat?.inlet_c == null ? '–' : `${decimal(heat.inlet_c, 1)}\u2009°C`}
        note={heat?.outlet_c == null ? '' : `outlet ${decimal(heat.outlet_c, 1)} °C`}
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

function silentMs({ powerUntilMs }: Rack, nowMs: number): number | undefined {
  return powerUntilMs > 0 ? nowMs - powerUntilMs : undefined;
}
