/** A script for fish: `~/.config/fish/completions/ballast.fish`. */
import type { Choices, Flag, Value } from './choices.ts';
import { allOf } from './choices.ts';

export function fishCompletion(root: Choices): string {
  return ['# made by: ballast completion fish', 'complete -c ballast -f', ...allOf(root).flatMap(linesOf)].join('\n');
}

function linesOf(choices: Choices): string[] {
  const { commands, flags, argument } = choices;
  const here = `complete -c ballast -n ${quoted(conditionOf(choices))}`;
  return [
    ...commands.map((each) => `${here} -a ${each.path.at(-1)} -d ${quoted(each.description)}`),
    ...flags.map((flag) => `${here} ${flagOf(flag)}`),
    ...(argument && argument.kind !== 'free' ? [`${here} ${offered(argument)}`] : []),
  ];
}

/** Where its words may stand: behind its own name, before that of one of its commands. */
function conditionOf({ path, commands }: Choices): string {
  const below = commands.map((each) => each.path.at(-1)).join(' ');
  const behind = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  return [...behind, ...(below === '' ? [] : [`not __fish_seen_subcommand_from ${below}`])].join('; and ');
}

function flagOf({ names, description, value }: Flag): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return [...flags, ...(value ? [`-r ${offered(value)}`] : []), `-d ${quoted(description)}`].join(' ');
}

function offered(value: Value): string {
  switch (value.kind) {
    case 'file':
      return '-F';
    case 'words':
      return `-f -a ${quoted(value.words.join(' '))}`;
    case 'free':
      return '-f';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/(['\\])/g, '\\$1')}'`;
}
