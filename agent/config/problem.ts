/** What is wrong in a file an operator wrote, and where. */

export type Problem = {
  /** As the operator named it. */
  file: string;
  /** 1-based; absent when the whole file is meant. */
  line?: number;
  /** Such as `devices[2].host`; empty for the whole file. */
  path: string;
  message: string;
  /** What to do about it. */
  hint?: string;
};

/** A problem found in a file's content, before it is given its line. */
export type Finding = { path: readonly PropertyKey[]; message: string; hint?: string };

/** Either what a file says, or everything that is wrong with it. */
export type Outcome<T> = { kind: 'ok'; value: T } | Bad;
export type Bad = { kind: 'bad'; problems: Problem[] };

/** One line: `policy.yaml:7  limits.celing_w  unknown key; did you mean ceiling_w?` */
export function formatProblem({ file, line, path, message, hint }: Problem): string {
  // A sentence about the file itself names it.
  const where = line !== undefined ? `${file}:${line}` : message.includes(file) ? '' : file;
  const what = hint === undefined ? message : `${message}; ${hint}`;
  return [where, path, what].filter((part) => part !== '').join('  ');
}

/** `['devices', 2, 'host']` as `devices[2].host`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${String(step)}`))
    .join('');
}
