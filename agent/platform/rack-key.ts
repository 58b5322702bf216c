/** The rack's own Ed25519 key: it signs what the rack must believe again after a restart, and its evidence. */
import type { KeyObject } from 'node:crypto';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

export type RackKey = {
  /** Names the key: the first 16 hex digits of the SHA-256 of its 32 public bytes. */
  readonly kid: string;
  /** The 32 public bytes in base64url. */
  readonly publicKey: string;
  /** The signature, 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
  /** Whether this key made that signature. */
  verifies(bytes: Uint8Array, signature: Uint8Array): boolean;
};

/** Reads the key, or makes it at the first start, for the agent's user only. Throws when the file is no such key. */
export async function loadRackKey(path: string): Promise<RackKey> {
  const pem = (await read(path)) ?? (await make(path));
  // A restored backup may have lost the rights.
  if ((await stat(path)).mode & 0o077) await chmod(path, 0o600);
  return rackKey(parse(pem, path));
}

function rackKey(privateKey: KeyObject): RackKey {
  const publicKey = String(createPublicKey(privateKey).export({ format: 'jwk' }).x);
  const kid = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex').slice(0, 16);
  const own = createPublicKey(privateKey);
  return {
    kid,
    publicKey,
    sign: (bytes) => sign(null, bytes, privateKey),
    verifies: (bytes, signature) => verify(null, bytes, own, signature),
  };
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function make(path: string): Promise<string> {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  // Under another name first, so that a power cut never leaves half a key; and link() never replaces one.
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w', 0o600);
  try {
    await file.writeFile(pem);
    await file.sync();
  } finally {
    await file.close();
  }
  await link(fresh, path);
  await unlink(fresh);
  return pem;
}

function parse(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Told below in words that help: OpenSSL's own do not.
  }
  throw new Error(
    `${path} holds no Ed25519 key. Restore it from a backup, or remove it to give the rack a new identity`,
  );
}
