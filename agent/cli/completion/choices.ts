/** The command line as what can be typed at each place of it: what every shell's script is made from. */
import type { Command } from 'commander';

/** What an argument may be: the name of a file, one of some words, or something only the person knows. */
export type Value = { readonly kind: 'file' | 'free' } | { readonly kind: 'words'; readonly words: readonly string[] };

export type Flag = {
  /** `--config` and `-c`: the long one first. */
  readonly names: readonly string[];
  readonly description: string;
  /** Absent for a flag that takes none. */
  readonly value?: Value;
};

/** One command, such as `config check`; `path` is empty for `ballast` itself. */
export type Choices = {
  readonly path: readonly string[];
  readonly description: string;
  readonly commands: readonly Choices[];
  readonly flags: readonly Flag[];
  /** What stands behind it; absent where nothing does. */
  readonly argument?: Value;
};

export function choicesOf(command: Command, path: readonly string[] = []): Choices {
  const [argument] = command.registeredArguments;
  return {
    path,
    description: command.description(),
    commands: command.commands.map((each) => choicesOf(each, [...path, each.name()])),
    flags: [
      ...command.options
        .filter(({ hidden }) => !hidden)
        .map(({ long, short, description, flags, argChoices }) => {
          const names = [long, short].filter((name) => name !== undefined);
          return { names, description, ...(/[<[]/.test(flags) && { value: valueNamed(flags, argChoices) }) };
        }),
      { names: ['--help', '-h'], description: 'show what is possible' },
    ],
    ...(argument && { argument: valueNamed(argument.name(), argument.argChoices) }),
  };
}

/** Every command that something can be typed behind. */
export function allOf(choices: Choices): Choices[] {
  return [choices, ...choices.commands.flatMap(allOf)];
}

/** As one word of a shell. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function valueNamed(name: string, words: readonly string[] | undefined): Value {
  if (words) return { kind: 'words', words };
  return { kind: /file|folder|path/.test(name) ? 'file' : 'free' };
}
