/** Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */

export type Labels = Readonly<Record<string, string>>;
export type Sample = { readonly labels: Labels; readonly value: number };

export type Family = {
  /** By https://prometheus.io/docs/practices/naming/: base units, `_total` for what only grows. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** Of what is unknown there is none. */
  readonly samples: readonly Sample[];
};

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** `common` stands on every sample. A family without samples still tells its name and what it means. */
export function exposition(families: readonly Family[], common: Labels): string {
  return families
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${escaped(help)}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels, value }) => `${name}{${pairs({ ...common, ...labels })}} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function pairs(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`)
    .join(',');
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
