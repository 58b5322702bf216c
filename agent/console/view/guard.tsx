/** A part of the page that fails says so in its place and can be tried again; the others go on. */
import type { ComponentChildren } from 'preact';
import { useErrorBoundary } from 'preact/hooks';

export function Guard({ name, children }: { name: string; children: ComponentChildren }) {
  const [error, retry] = useErrorBoundary();
  if (error === undefined) return <>{children}</>;
  return (
    <section class="panel" role="alert">
      <p class="bad">
        {name} cannot be shown: {String(error)}{' '}
        <button type="button" onClick={retry}>
          Try again
        </button>
      </p>
    </section>
  );
}
