/** What a scrape holds, and what an expression asks for. Only as much of both languages as our own files use. */

export type Scrape = {
  /** Names of all families, with and without samples. */
  readonly families: ReadonlySet<string>;
  /** By name: the labels of each sample with its value. */
  readonly samples: ReadonlyMap<string, readonly { labels: Record<string, string>; value: number }[]>;
};

export function readScrape(text: string): Scrape {
  const families = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name ?? ''));
  const lines = [...text.matchAll(/^(\w+)\{(.*)\} (\S+)$/gm)];
  const samples = lines.map(([, name = '', pairs = '', value]) => {
    const labels = [...pairs.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, said]) => [key, said]);
    return { name, labels: Object.fromEntries(labels) as Record<string, string>, value: Number(value) };
  });
  return { families, samples: Map.groupBy(samples, ({ name }) => name) };
}

/** The metrics that an expression names, each with the labels that it selects it by. */
export function selectors(expression: string): { name: string; labels: string[] }[] {
  return [...expression.matchAll(/\b(ballast_\w+|up)\b(?:\{([^}]*)\})?/g)].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label ?? ''),
  }));
}
