/** The manual page, from the command line's own words, so that the two cannot differ. */
import type { Command, Option } from 'commander';
import { createProgram } from '#agent/cli/program.ts';
import { processTerminal } from '#agent/cli/terminal.ts';
import { systemClock } from '#agent/platform/clock.ts';

/** roff of ballast(1), dated `at`. */
export async function manPage(at: Date): Promise<string> {
  const program = await wholeCommandLine();
  const verbs = program.commands.flatMap((command) => leaves(command, []));
  return [
    `.TH BALLAST 1 "${at.toISOString().slice(0, 10)}" "ballast ${program.version()}" "User Commands"`,
    '.SH NAME',
    `ballast \\- ${escaped(firstLower(program.description()))}`,
    '.SH SYNOPSIS',
    '.B ballast',
    '.I command',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    'The agent of a rack, and the command line to look at it, to order power and to set it up.',
    '.SH COMMANDS',
    ...verbs.flatMap(({ path, command }) => section(path, command)),
    '.SH ENVIRONMENT',
    ...tagged('BALLAST_CONFIG', 'The config, where none is named; /etc/ballast/config.yaml as packaged.'),
    ...tagged('NO_COLOR', 'When set, nothing is coloured.'),
    '.SH EXIT STATUS',
    '0 when all went well, 1 when something did not, 2 for a command line that makes no sense, 130 when Ctrl-C came before the end.',
    '.SH FILES',
    ...tagged('/etc/ballast/config.yaml', 'What is there.'),
    ...tagged('/etc/ballast/policy.yaml', 'What no order can change.'),
    ...tagged('/etc/ballast/maps', 'Register maps of your own.'),
    ...tagged('/var/lib/ballast', 'The journal and the key of the rack.'),
    ...tagged('/usr/share/doc/ballast/docs', 'The guides: install.md, operating.md, brokers.md, adding-hardware.md.'),
    '',
  ].join('\n');
}

/** Every verb, with none run. */
export async function wholeCommandLine(): Promise<Command> {
  return await createProgram({ terminal: processTerminal(process), clock: systemClock });
}

type Leaf = { path: string; command: Command };

function leaves(command: Command, above: readonly string[]): Leaf[] {
  const path = [...above, command.name()];
  if (command.commands.length === 0) return [{ path: path.join(' '), command }];
  return command.commands.flatMap((each) => leaves(each, path));
}

function section(path: string, command: Command): string[] {
  const given = command.registeredArguments.map((each) => (each.required ? `<${each.name()}>` : `[${each.name()}]`));
  return [
    `.SS "${escaped(['ballast', path, ...given].join(' '))}"`,
    `${escaped(firstUpper(command.description()))}.`,
    ...command.options.filter(({ hidden }) => !hidden).flatMap(optionLines),
  ];
}

function optionLines(option: Option): string[] {
  return tagged(option.flags, option.description);
}

function tagged(tag: string, text: string): string[] {
  return ['.TP', `.B ${escaped(tag)}`, escaped(text)];
}

/** A hyphen of an option is a minus, and a line must not begin with a control character of roff. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^([.'])/gm, '\\&$1');
}

function firstUpper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function firstLower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}
