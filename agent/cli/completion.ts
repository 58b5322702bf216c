/** `ballast completion SHELL`: what the shell offers when Tab is pressed, made from the command line's own words. */
import { Argument, Command } from 'commander';
import { bashCompletion } from './completion/bash.ts';
import { choicesOf } from './completion/choices.ts';
import { fishCompletion } from './completion/fish.ts';
import { zshCompletion } from './completion/zsh.ts';
import type { Verb } from './tools.ts';

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;
type Shell = keyof typeof scripts;

export const completionVerb: Verb = ({ terminal, commandLine }) =>
  new Command('completion')
    .description('print what makes a shell complete ballast’s commands; the Debian package brings it along')
    .addArgument(new Argument('<shell>').choices(Object.keys(scripts)))
    .addHelpText('after', HOW)
    .action(async (shell: Shell) => {
      terminal.out(scripts[shell](choicesOf(await commandLine())));
    });

const HOW = `
  source <(ballast completion bash)
  ballast completion zsh > ~/.zfunc/_ballast     # ~/.zfunc in $fpath
  ballast completion fish > ~/.config/fish/completions/ballast.fish`;
