/** What a config says of a miner on the network, in the same words for every maker. */
import * as z from 'zod';

/** A name or an IP address. */
export const address = z.string().min(1);

/** A TCP port; `usual` unless the config says so. */
export function portOr(usual: number) {
  return z.int().min(1).max(65_535).default(usual);
}

/** The file whose first line is the password, relative to the config's folder. */
export const passwordFile = z.string().min(1);

/** A miner without a log-in. */
export function addressOptions(port: number) {
  return z.object({ host: address, port: portOr(port) });
}

export type AddressOptions = z.infer<ReturnType<typeof addressOptions>>;

/** A miner behind a log-in; the port and the user are the factory's unless the config says so. */
export function logInOptions(port: number, username: string) {
  return z.object({
    host: address,
    port: portOr(port),
    username: z.string().min(1).default(username),
    password_file: passwordFile,
  });
}

export type LogInOptions = z.infer<ReturnType<typeof logInOptions>>;
