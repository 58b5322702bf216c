/** `ballast config check`: whether an agent could run by these files, and everything that is wrong with them. */
import { Command } from 'commander';
import type { Loaded } from '#agent/config/load.ts';
import { load } from '#agent/config/load.ts';
import { formatProblem } from '#agent/config/problem.ts';
import { Failure } from '../failure.ts';
import type { FileOptions } from '../files.ts';
import { filesOf, withFileOptions } from '../files.ts';
import type { Verb } from '../tools.ts';

export const checkVerb: Verb = ({ terminal }) =>
  withFileOptions(new Command('check').description('find what is wrong with config.yaml and policy.yaml'))
    .option('--json', 'print JSON')
    .action(async (options: FileOptions & { json?: true }) => {
      const loaded = await load(filesOf(options));
      if (loaded.kind === 'ok') {
        const summary = summarise(loaded.value);
        terminal.out(options.json ? JSON.stringify({ ok: true, ...summary }) : formatSummary(summary));
        for (const problem of loaded.value.shelf.problems) terminal.note(`not used: ${formatProblem(problem)}`);
        return;
      }
      const { problems } = loaded;
      terminal.out(options.json ? JSON.stringify({ ok: false, problems }) : problems.map(formatProblem).join('\n'));
      throw new Failure(
        problems.length === 1 ? '1 problem' : `${problems.length} problems`,
        'mend them, and look again',
      );
    });

type Summary = ReturnType<typeof summarise>;

function summarise({ config, policy, configHash }: Loaded) {
  return {
    site: config.site,
    rack: config.rack,
    devices: config.devices.length,
    rated_w: config.devices.reduce((sum, { rated_w }) => sum + rated_w, 0),
    protected: policy.protect.length,
    ceiling_w: policy.limits.ceiling_w ?? null,
    min_w: policy.limits.min_w,
    meters: config.meters.map(({ id, model }) => ({ id, model })),
    issuers: policy.issuers.map(({ id, keys, programs }) => ({ id, keys: keys.length, programs })),
    commissioning: policy.commissioning ?? 'pending',
    config_hash: configHash,
  };
}

function formatSummary(summary: Summary): string {
  const { site, rack, devices, rated_w, ceiling_w, min_w, meters, issuers, commissioning } = summary;
  const list = (items: string[]) => (items.length > 0 ? items.join(', ') : 'none');
  return [
    `${site}/${rack} is fine.`,
    `devices  ${devices}, rated ${rated_w} W, ${summary.protected} protected`,
    `limits   ${ceiling_w === null ? 'no ceiling' : `${ceiling_w} W at most`}; no order goes below ${min_w} W`,
    `meters   ${list(meters.map(({ id, model }) => `${id} (${model})`))}`,
    `issuers  ${list(issuers.map(({ id, programs }) => `${id} (${programs.join(', ')})`))}`,
    ...(commissioning === 'pending' ? ['No order moves a device until `ballast commission` has seen it move.'] : []),
  ].join('\n');
}
