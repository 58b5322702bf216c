/** `ballast init`: writes the two files of a new rack, which then runs and observes. Asks little, overwrites nothing. */
import { constants } from 'node:fs';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { writeKeyPair } from '#agent/config/keys.ts';
import { name } from '#protocol/ids.ts';
import { Failure, usageFailure } from './failure.ts';
import type { FileOptions } from './files.ts';
import { filesOf, withFileOptions } from './files.ts';
import type { Beginning } from './init/first-files.ts';
import { firstConfig, firstPolicy } from './init/first-files.ts';
import type { Answers } from './init/questions.ts';
import { answersTo } from './init/questions.ts';
import type { Verb } from './tools.ts';

type Options = FileOptions & Partial<Answers> & { issuer?: string };

export const initVerb: Verb = ({ terminal }) =>
  withFileOptions(new Command('init').description('write the two files of a new rack, which then observes'))
    .option('--site <name>', 'name of the site')
    .option('--rack <name>', 'name of this rack')
    .option('--broker <url>', 'URL of the MQTT broker')
    .option('--issuer <name>', 'also make a key pair for who may give orders')
    .action(async ({ issuer, ...options }: Options) => {
      const files = filesOf(options);
      for (const file of [files.config, files.policy]) await refuseExisting(file);
      if (issuer !== undefined && !name.safeParse(issuer).success) {
        throw usageFailure(`--issuer: "${issuer}" is no name`, 'write 1 to 64 of a-z, 0-9 and -');
      }
      const { site, rack, broker } = await answersTo(options, process.stdin);
      const beginning: Beginning = { site, rack, brokers: [broker], issuer, ...placesFor(files.config) };
      const keys = issuer === undefined ? undefined : await makeKeys(dirname(files.policy), issuer);
      await mkdir(dirname(resolve(files.config)), { recursive: true });
      await writeNew(files.config, firstConfig(beginning));
      await writeNew(files.policy, firstPolicy(beginning));
      terminal.out(
        [
          `${files.config}  what is there`,
          `${files.policy}  what no order can change`,
          ...(keys
            ? [`${keys.pub}  tells the rack whom to obey`, `${keys.key}  signs orders: take it off this machine`]
            : []),
          '',
          'Next: ballast doctor, then discover and add what is there, then start the agent.',
        ].join('\n'),
      );
    });

/** Installed from a package, the agent may write in two places only; elsewhere all stays beside the files. */
function placesFor(config: string): Pick<Beginning, 'state' | 'socket'> {
  const packaged = resolve(config).startsWith('/etc/');
  return packaged
    ? { state: '/var/lib/ballast', socket: '/run/ballast/ballast.sock' }
    : { state: 'state', socket: 'run/ballast.sock' };
}

async function refuseExisting(file: string): Promise<void> {
  const there = await access(file, constants.F_OK).then(
    () => true,
    () => false,
  );
  if (there)
    throw new Failure(`${file} is there already and stays as it is`, 'change it, or name another with --config');
}

async function makeKeys(folder: string, issuer: string): Promise<{ key: string; pub: string }> {
  const written = await writeKeyPair(folder, issuer);
  if (written.kind === 'kept')
    throw new Failure(`${written.file} is there already and stays as it is`, 'choose another --issuer');
  return written.files;
}

/** Readable by the agent's group alone: the config names who may do what. */
async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx', mode: 0o640 });
}
