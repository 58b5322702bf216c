/** Ed25519 keys in files: NAME.pub (SPKI PEM) for whom the rack obeys, NAME.key (PKCS8 PEM) for who signs. */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { name as nameSchema } from '#protocol/ids.ts';
import type { Millis } from '#protocol/units.ts';
import { fileTrouble } from './files.ts';

/** A key that an issuer may sign with. */
export type IssuerKey = {
  issuer: string;
  key: KeyObject;
  /** What it signed later does not count. */
  notAfter?: Millis;
};
/** By kid: the name of the key's file without `.pub`. */
export type IssuerKeys = ReadonlyMap<string, IssuerKey>;

export type KeyFile = { kind: 'ok'; kid: string; key: KeyObject } | { kind: 'bad'; message: string; hint: string };

/** The public key in `file`, whose name ends in `.pub`. */
export async function readPublicKey(file: string): Promise<KeyFile> {
  return readKey(file, '.pub', (pem) => (pem.includes('PRIVATE KEY') ? 'private' : createPublicKey(pem)));
}

/** The private key in `file`, whose name ends in `.key`. */
export async function readSigningKey(file: string): Promise<KeyFile> {
  return readKey(file, '.key', (pem) => createPrivateKey(pem));
}

/**
 * Writes NAME.key (only its owner may read it) and NAME.pub into `folder`, which is made when it is missing.
 * Never overwrites: `kept` says which file was there already.
 */
export async function writeKeyPair(folder: string, name: string): Promise<WrittenPair> {
  const pair = await promisify(generateKeyPair)('ed25519');
  const files = { key: join(folder, `${name}.key`), pub: join(folder, `${name}.pub`) };
  await mkdir(folder, { recursive: true });
  if (!(await writeNew(files.key, pair.privateKey.export({ format: 'pem', type: 'pkcs8' }), 0o600))) {
    return { kind: 'kept', file: files.key };
  }
  if (!(await writeNew(files.pub, pair.publicKey.export({ format: 'pem', type: 'spki' }), 0o644))) {
    // Half a pair would be worse than none: its public half belongs to another key.
    await unlink(files.key);
    return { kind: 'kept', file: files.pub };
  }
  return { kind: 'written', files };
}

export type WrittenPair = { kind: 'written'; files: { key: string; pub: string } } | { kind: 'kept'; file: string };

async function writeNew(file: string, content: string | Buffer, mode: number): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx', mode });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readKey(
  file: string,
  ending: '.pub' | '.key',
  parse: (pem: string) => KeyObject | 'private',
): Promise<KeyFile> {
  const kid = basename(file, ending);
  if (!nameSchema.safeParse(kid).success) {
    return bad(`"${kid}" cannot name a key`, `rename the file to 1 to 64 of a-z, 0-9 and -, ending in ${ending}`);
  }
  try {
    const key = parse(await readFile(file, 'utf8'));
    if (key === 'private')
      return bad(`${file} holds a private key`, 'it belongs to the issuer alone; put its .pub here');
    if (key.asymmetricKeyType === 'ed25519') return { kind: 'ok', kid, key };
    return bad(`${file} holds a key of type ${key.asymmetricKeyType}, not Ed25519`, MAKE_ONE);
  } catch (error) {
    const trouble = fileTrouble(error, file);
    return trouble ? bad(trouble.message, trouble.hint) : bad(`${file} holds no key in PEM form`, MAKE_ONE);
  }
}

const MAKE_ONE = 'make one with `ballast keys new NAME`';

function bad(message: string, hint: string): KeyFile {
  return { kind: 'bad', message, hint };
}
