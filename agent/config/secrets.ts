/**
 * Where the file of a secret is read. Every path is relative to the config; what lies in the folder `secrets` beside it
 * may belong to root alone: systemd hands a copy of each to the service, by `LoadCredential=secrets:/etc/ballast/secrets`.
 */
import { join, relative, resolve, sep } from 'node:path';
import type { Trouble } from './files.ts';
import { whyUnreadable } from './files.ts';

const FOLDER = 'secrets';

/**
 * @param folder of the config.
 * @param credentials where systemd has put the copies; undefined where it did not start us.
 */
export function secretPath(folder: string, file: string, credentials = credentialsFolder()): string {
  const path = resolve(folder, file);
  const [first, ...below] = relative(folder, path).split(sep);
  if (credentials === undefined || first !== FOLDER || below.length === 0) return path;
  // `secrets/miners/m01.pw` becomes secrets_miners_m01.pw.
  return join(credentials, [FOLDER, ...below].join('_'));
}

/** Why a secret cannot be read, in the words of the config; undefined when it can. */
export async function whyNoSecret(
  folder: string,
  file: string,
  credentials = credentialsFolder(),
): Promise<Trouble | undefined> {
  const named = resolve(folder, file);
  const path = secretPath(folder, file, credentials);
  const trouble = await whyUnreadable(path);
  if (!trouble || path === named) return trouble;
  return {
    message: `there was no ${named} when the service started`,
    hint: 'put it there, then: systemctl restart ballast',
  };
}

function credentialsFolder(): string | undefined {
  return process.env['CREDENTIALS_DIRECTORY'];
}
