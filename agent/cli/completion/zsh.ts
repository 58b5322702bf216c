/** A script for zsh: a file `_ballast` in one of the folders of `$fpath`. */
import type { Choices, Flag, Value } from './choices.ts';
import { shellQuoted } from './choices.ts';

export function zshCompletion(root: Choices): string {
  return `#compdef ballast
# made by: ballast completion zsh
${functionsOf(root).join('\n')}
_ballast "$@"`;
}

/** One function a command, those of its own commands first. */
function functionsOf(choices: Choices): string[] {
  const { commands, flags, argument } = choices;
  const lines = flags.map((flag) => `    ${spec(flag)}`);
  if (commands.length === 0) {
    if (argument) lines.push(`    ${shellQuoted(`*:argument:${action(argument)}`)}`);
    return [`${nameOf(choices)}() {\n  _arguments \\\n${lines.join(' \\\n')}\n}`];
  }
  const words = commands.map(
    (each) => `      ${shellQuoted(`${last(each)}:${each.description.replaceAll(':', '\\:')}`)}`,
  );
  const cases = commands.map((each) => `        ${last(each)}) ${nameOf(each)} ;;`);
  const own = `${nameOf(choices)}() {
  local state line
  local -a commands=(
${words.join('\n')}
  )
  _arguments -C \\
${lines.join(' \\\n')} \\
    '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${cases.join('\n')}
      esac ;;
  esac
}`;
  return [...commands.flatMap(functionsOf), own];
}

/** `'(--config -c)'{--config,-c}'[what is there]:value:_files'` */
function spec({ names, description, value }: Flag): string {
  const told = `[${description.replaceAll(/([[\]\\:])/g, '\\$1')}]${value ? `:value:${action(value)}` : ''}`;
  const [only] = names;
  if (names.length === 1) return shellQuoted(`${only}${told}`);
  return `${shellQuoted(`(${names.join(' ')})`)}{${names.join(',')}}${shellQuoted(told)}`;
}

function action(value: Value): string {
  switch (value.kind) {
    case 'file':
      return '_files';
    case 'words':
      return `(${value.words.join(' ')})`;
    case 'free':
      return ' ';
  }
}

function nameOf({ path }: Choices): string {
  return ['_ballast', ...path].join('_');
}

function last({ path }: Choices): string {
  return path.at(-1) ?? '';
}
