/** `ballast keys new`: makes the key pair that an issuer signs its orders with. */
import { Command } from 'commander';
import { writeKeyPair } from '#agent/config/keys.ts';
import { name as nameSchema } from '#protocol/ids.ts';
import { Failure, usageFailure } from './failure.ts';
import type { Verb } from './tools.ts';

export const keysVerb: Verb = ({ terminal }) =>
  new Command('keys').description('keys that orders are signed with').addCommand(
    new Command('new')
      .description('make a key pair: NAME.key for who signs orders, NAME.pub for the racks')
      .argument('<name>', 'the id of the key, such as qse-north-2026')
      .option('-o, --out <folder>', 'where to write the two files', '.')
      .action(async (name: string, { out }: { out: string }) => {
        if (!nameSchema.safeParse(name).success) {
          throw usageFailure(`"${name}" cannot name a key`, 'write 1 to 64 of a-z, 0-9 and -');
        }
        const written = await writeKeyPair(out, name);
        if (written.kind === 'kept') {
          throw new Failure(`${written.file} is there already and stays as it is`, 'choose another name or folder');
        }
        const { key, pub } = written.files;
        terminal.out(`${key}  signs orders: keep it secret, and on no rack\n${pub}  goes beside each policy.yaml`);
        terminal.out(`\nThen add to each policy.yaml:\n\n${policyLines(name)}`);
      }),
  );

/** The year that keys are usually named after is not part of the issuer's name. */
function policyLines(kid: string): string {
  const issuer = kid.replace(/-\d{4}$/, '');
  return `issuers:
  - id: ${issuer}
    keys: [${kid}.pub]
    may: [ceiling, release]
    programs: [ecrs]`;
}
