/** How many of how many, as a bar with its name and its number; where racks are lost a mark says so without colour. */
import { count } from '../model/words.ts';

type Props = { name: string; some: number; of: number };

const lost: { readonly [name: string]: { readonly kind: 'warn' | 'bad'; readonly mark: string } } = {
  partial: { kind: 'bad', mark: '▲' },
  refused: { kind: 'warn', mark: '✕' },
  silent: { kind: 'bad', mark: '?' },
};

export function StageBar({ name, some, of }: Props) {
  const { kind = '', mark = '' } = (some > 0 && lost[name]) || {};
  return (
    <span class={`stage ${kind}`}>
      <span>
        {name} {mark}
      </span>
      <span class="bar">
        <span style={{ width: `${of === 0 ? 0 : (100 * some) / of}%` }} />
      </span>
      <span class="number">{count(some)}</span>
    </span>
  );
}
