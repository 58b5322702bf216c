/** The file that `ballast keys new` writes for whoever gives orders, as a key that WebCrypto signs with. */
import { name } from '#protocol/ids.ts';
import type { Sign } from '#protocol/signing.ts';

/** A key that signs, and the name that racks know it by. Nothing can read it back out of the browser. */
export type SigningKey = { readonly kid: string; readonly key: PrivateKey };
type PrivateKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export type ReadKey =
  | { readonly kind: 'ok'; readonly signing: SigningKey }
  | { readonly kind: 'bad'; readonly why: string };

/** `file` names the key: what it is called without `.key`. */
export async function readKeyFile(file: string, text: string): Promise<ReadKey> {
  const kid = file.replace(/\.key$/, '');
  if (kid === file || !name.safeParse(kid).success) {
    return bad(`${file} does not name a key: choose the file NAME.key that ballast keys new wrote.`);
  }
  if (/PUBLIC KEY/.test(text)) return bad(`${file} holds a public key: orders are signed with the private one.`);
  const der = privateDer(text);
  if (!der) return bad(`${file} holds no private key in PEM form.`);
  if (!subtle()) return bad(NO_CRYPTO);
  try {
    return { kind: 'ok', signing: { kid, key: await crypto.subtle.importKey('pkcs8', der, ED25519, false, ['sign']) } };
  } catch {
    return bad(`${file} holds no Ed25519 key: make one with ballast keys new NAME.`);
  }
}

export function signWith({ key }: SigningKey): Sign {
  return async (bytes) => new Uint8Array(await crypto.subtle.sign(ED25519, key, bytes.slice()));
}

const ED25519 = 'Ed25519';
const NO_CRYPTO =
  'This browser signs nothing on a page that came over plain HTTP: open the console over HTTPS or from this machine itself.';

/** Absent on pages that came over plain HTTP from elsewhere, whatever the types say. */
function subtle(): unknown {
  return crypto.subtle;
}

function privateDer(pem: string): Uint8Array<ArrayBuffer> | undefined {
  const [, body] = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(pem) ?? [];
  if (body === undefined) return undefined;
  try {
    return Uint8Array.from(atob(body.replace(/\s/g, '')), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function bad(why: string): ReadKey {
  return { kind: 'bad', why };
}
