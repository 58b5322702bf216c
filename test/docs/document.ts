/**
 * What a document under docs/ asks its reader to do, taken from its fenced blocks. The words behind a fence say what a
 * block is; whoever reads the page does not see them.
 *
 *   sh              typed into a shell, and must end well; `exit=1` for one that shows a failure
 *   sh asks         it asks at the terminal: the answers stand in the output shown
 *   sh again        typed again until it shows what the page shows, as one does who waits for something
 *   sh beside       goes on while the reader does, in another terminal
 *   sh unrun        not run by a test; the text around it says so
 *   text            what the block before it prints
 *   yaml|conf|json|... /path   that file, as it then is
 */

export type Step =
  | { readonly kind: 'file'; readonly line: number; readonly path: string; readonly text: string }
  | ({ readonly kind: 'run'; readonly line: number } & Run);

export type Run = {
  readonly script: string;
  /** undefined where the page shows nothing. */
  readonly shown: string | undefined;
  readonly how: 'plain' | 'asks' | 'again' | 'beside' | 'unrun';
  readonly exit: number;
};

type Block = { line: number; words: readonly string[]; text: string };

export function stepsOf(markdown: string): Step[] {
  const blocks = blocksOf(markdown);
  return blocks.flatMap((block, i): Step[] => {
    const { line, words, text } = block;
    const [language = '', ...rest] = words;
    const path = rest.find((word) => word.startsWith('/'));
    if (path !== undefined) return [{ kind: 'file', line, path, text }];
    if (language !== 'sh') return [];
    const after = blocks[i + 1];
    const shown = after?.words[0] === 'text' ? after.text : undefined;
    return [{ kind: 'run', line, script: text, shown, how: howOf(rest, line), exit: exitOf(rest) }];
  });
}

/** What a person types, one by one: a line that ends in `\` goes on in the next, and a here-document is one. */
export function commandsOf(script: string): string[] {
  const commands: string[] = [];
  let open = '';
  let until: string | undefined;
  for (const line of script.split('\n')) {
    open += `${line}\n`;
    until ??= /<<-?'?(\w+)'?/.exec(line)?.[1];
    if (until === undefined ? line.endsWith('\\') : line !== until) continue;
    until = undefined;
    const command = open.trim();
    open = '';
    if (command !== '' && !command.startsWith('#')) commands.push(command);
  }
  return commands;
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const [i, line] of markdown.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (!fence) {
      if (open) open.text += `${line}\n`;
      continue;
    }
    if (open) blocks.push(open);
    open = open ? undefined : { line: i + 1, words: (fence[1] ?? '').split(' ').filter(Boolean), text: '' };
  }
  if (open) throw new Error(`the block in line ${open.line} never ends`);
  return blocks;
}

const ways = ['asks', 'again', 'beside', 'unrun'] as const;

function howOf(words: readonly string[], line: number): Run['how'] {
  const unknown = words.find((word) => !ways.some((way) => way === word) && !/^exit=\d+$/.test(word));
  if (unknown !== undefined) throw new Error(`line ${line}: nobody knows what "${unknown}" means behind a fence`);
  return ways.find((way) => words.includes(way)) ?? 'plain';
}

function exitOf(words: readonly string[]): number {
  const [, code] = /exit=(\d+)/.exec(words.join(' ')) ?? [];
  return Number(code ?? 0);
}
