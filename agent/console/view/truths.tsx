/** The three truths of a rack's last cut, each with its own time: it said yes, it changed, the meter fell. */
import type { Phase } from '#protocol/lifecycle.ts';
import type { Rack, Standing } from '../model/site.ts';
import { whyShort } from '../model/standing.ts';
import { kilowatts, signedAge, timeOfDay } from '../model/words.ts';
import { Panel } from './panel.tsx';

const truths = [
  ['acknowledged', 'devices said yes'],
  ['confirmed', 'devices show it'],
  ['metered', 'the meter fell'],
] as const;

const others: readonly Phase[] = ['received', 'scheduled', 'accepted', 'acting', 'holding', 'ended', 'restored'];

export function Truths({ rack }: { rack: Rack }) {
  const [key, standing] = [...rack.standings].at(-1) ?? [];
  if (key === undefined || standing === undefined) {
    return (
      <Panel name="Last cut" area="truths">
        <p class="empty">No cut of it is known.</p>
      </Panel>
    );
  }
  return (
    <Panel name="Last cut" area="truths" tools={<span class="quiet">{key.split('/')[1]}</span>}>
      <p class="levels">
        {kilowatts(standing.baselineW)} baseline, {kilowatts(standing.levelW)} level
        {standing.phase && `, ${standing.phase} now`}
      </p>
      <ol>
        {truths.map(([phase, means]) => (
          <Truth key={phase} name={phase} means={means} standing={standing} />
        ))}
      </ol>
      {standing.phase === 'partial' && <p class="bad">▲ partial: {whyShort(standing)}</p>}
      {standing.refusal && (
        <p class="warn">
          ✕ refused: {standing.refusal.code} {standing.refusal.why}
        </p>
      )}
      <dl class="phases">
        {others.map((phase) => {
          const atMs = standing.reached[phase];
          return atMs === undefined ? null : (
            <div key={phase}>
              <dt>{phase}</dt>
              <dd>{timeOfDay(atMs)}</dd>
            </div>
          );
        })}
      </dl>
    </Panel>
  );
}

type TruthProps = { name: Phase; means: string; standing: Standing };

function Truth({ name, means, standing: { reached } }: TruthProps) {
  const [atMs, actingMs] = [reached[name], reached.acting];
  const done = atMs !== undefined;
  return (
    <li class={done ? 'good' : 'quiet'}>
      <span class="mark" aria-hidden="true">
        {done ? '✓' : '○'}
      </span>
      <b>{name}</b>
      <span class="number">{done ? timeOfDay(atMs) : 'not yet'}</span>
      <span class="number">{done && actingMs !== undefined ? signedAge(atMs - actingMs) : ''}</span>
      <span class="quiet means">{means}</span>
    </li>
  );
}
