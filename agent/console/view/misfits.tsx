/** Payloads that are not what their topic holds: how many, and on request which. */
import type { Misfits as All } from '../model/site.ts';
import { count, countOf } from '../model/words.ts';

export function Misfits({ misfits: { count: all, byTopic } }: { misfits: All }) {
  if (all === 0) return null;
  return (
    <details class="misfits">
      <summary class="warn">{countOf(all, 'payload')} of the wrong shape</summary>
      <ul>
        {[...byTopic].map(([kind, { count: some, topic, problem }]) => (
          <li key={kind}>
            <b>{kind}</b> {count(some)}, last on <code>{topic}</code>: {problem}
          </li>
        ))}
      </ul>
    </details>
  );
}
