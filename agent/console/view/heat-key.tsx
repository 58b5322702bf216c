/** What fill, frame and hatch of the map mean. */
import type { Fill } from '../model/heat.ts';
import { scales } from '../model/heat.ts';
import type { Palette } from '../model/palette.ts';
import { count, withUnit } from '../model/words.ts';

const frames = ['curtailed', 'observing', 'manual', 'safe'] as const;
const contacts = ['silent', 'offline'] as const;

export function HeatKey({ fill, palette }: { fill: Fill; palette: Palette }) {
  const { from, to, unit } = scales[fill];
  const ramp = fill === 'deviation' ? palette.apart : palette.more;
  return (
    <div class="key">
      <span>
        {count(from)}
        <span class="ramp" style={{ background: `linear-gradient(90deg, ${ramp.join(', ')})` }} />
        {withUnit(to, unit)}
      </span>
      {[...frames, ...contacts].map((each) => (
        <span key={each}>
          <i class={each} />
          {each}
        </span>
      ))}
      <span>
        <i class="alarm" />
        alarm
      </span>
    </div>
  );
}
