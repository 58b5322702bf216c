/** A script for bash: `source <(ballast completion bash)`. */
import type { Choices, Value } from './choices.ts';
import { allOf, shellQuoted } from './choices.ts';

export function bashCompletion(root: Choices): string {
  const all = allOf(root);
  const paths = all.filter(({ path }) => path.length > 0).map(({ path }) => shellQuoted(path.join(' ')));
  return `# bash completion for ballast, made by: ballast completion bash
_ballast() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" verb="" word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${verb:+$verb }$word" in
      ${paths.join(' | ')}) verb="\${verb:+$verb }$word" ;;
    esac
  done
  case "$verb $prev" in
${all.flatMap(valueCases).join('\n')}
  esac
  case "$verb" in
${all.map(commandCase).join('\n')}
  esac
}
_ballast_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_ballast_files() { compopt -o filenames 2>/dev/null; mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur"); }
complete -F _ballast ballast`;
}

/** What comes behind a flag that takes a value. */
function valueCases({ path, flags }: Choices): string[] {
  return flags.flatMap(({ names, value }) => {
    if (!value) return [];
    const here = names.map((name) => shellQuoted(`${path.join(' ')} ${name}`));
    return [`    ${here.join(' | ')}) ${offer(value)}return ;;`];
  });
}

function commandCase({ path, commands, flags, argument }: Choices): string {
  const words = [...commands.map((each) => each.path.at(-1) ?? ''), ...flags.flatMap(({ names }) => names[0] ?? [])];
  if (argument?.kind === 'words') words.push(...argument.words);
  const files = argument?.kind === 'file' ? '; _ballast_files' : '';
  return `    ${shellQuoted(path.join(' '))}) _ballast_words ${shellQuoted(words.join(' '))}${files} ;;`;
}

function offer(value: Value): string {
  switch (value.kind) {
    case 'file':
      return '_ballast_files; ';
    case 'words':
      return `_ballast_words ${shellQuoted(value.words.join(' '))}; `;
    case 'free':
      return '';
  }
}
