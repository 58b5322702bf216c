/** One part of the page, with its name and what can be chosen in it. */
import type { ComponentChildren } from 'preact';

type Props = { name: string; area: string; tools?: ComponentChildren; children: ComponentChildren };

export function Panel({ name, area, tools, children }: Props) {
  return (
    <section class={`panel ${area}`} aria-label={name}>
      <header>
        <h2>{name}</h2>
        {tools}
      </header>
      {children}
    </section>
  );
}
