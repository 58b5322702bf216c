/** What a rack shows its broker, read from the files that the config names. */
import { readFile } from 'node:fs/promises';
import type { Config } from './config.ts';
import { secretPath } from './secrets.ts';

/** PEM texts, a name and a password; each only where the config names it. */
export type BrokerCredentials = {
  ca?: string;
  certificate?: string;
  key?: string;
  username?: string;
  password?: string;
};

/** Throws what `readFile` throws for a file that is not there. */
export async function brokerCredentials({ broker }: Config, folder: string): Promise<BrokerCredentials> {
  const text = async (file: string | undefined) =>
    file === undefined ? undefined : await readFile(secretPath(folder, file), 'utf8');
  const all = {
    ca: await text(broker.ca),
    certificate: await text(broker.certificate),
    key: await text(broker.key),
    username: broker.username,
    password: (await text(broker.password_file))?.split('\n')[0]?.trim(),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
