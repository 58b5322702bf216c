/** One number that is read from afar, with its name above and what qualifies it below. */

type Props = { name: string; value: string; note: string; kind?: '' | 'good' | 'warn' | 'bad' };

export function Figure({ name, value, note, kind = '' }: Props) {
  return (
    <dl>
      <dt>{name}</dt>
      <dd class={`figure ${kind}`}>{value}</dd>
      <dd class="quiet">{note}</dd>
    </dl>
  );
}
