/** One rack of the map in words. */
import type { Rack } from '../model/site.ts';
import { isFresh, isOffline } from '../model/site.ts';
import { kilowatts, withUnit } from '../model/words.ts';
import { reasonsOf } from '../model/worst.ts';

export function HeatWords({ rack, nowMs }: { rack: Rack | undefined; nowMs: number }) {
  return (
    <p id="heat-words" class="heat-words">
      {rack ? <Words rack={rack} nowMs={nowMs} /> : <span class="quiet">Point at a rack, or use the arrow keys.</span>}
    </p>
  );
}

function Words({ rack, nowMs }: { rack: Rack; nowMs: number }) {
  const fresh = isFresh(rack, nowMs);
  const { power, thermal, state, info } = rack;
  const line = power?.line_w == null ? '' : ` of ${kilowatts(power.line_w)}`;
  const [gravest] = reasonsOf(rack, nowMs);
  return (
    <>
      {/* Read aloud when another rack is pointed at; its watts, which change each second, are not. */}
      <span class="heat-rack" aria-live="polite">
        <b>{rack.id}</b>
        {info?.groups.length ? <span class="quiet">{info.groups.join(', ')}</span> : null}
        <span>{isOffline(rack) ? 'offline' : (state?.mode ?? 'mode not known')}</span>
      </span>
      {fresh && (
        <span>
          {kilowatts(power?.power_w)}
          {line}
        </span>
      )}
      {rack.thermalUntilMs > nowMs && thermal?.inlet_c != null && <span>{withUnit(thermal.inlet_c, '°C', 1)}</span>}
      {gravest && <span class={gravest.gravity}>{gravest.says}</span>}
    </>
  );
}
