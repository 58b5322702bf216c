/** Addresses that a person names for a search: one, or a network in CIDR. */

/** More than any rack or row has; a wrong prefix must not become a search of the whole site. */
const MOST_ADDRESSES = 4096;

export type Addresses =
  | { readonly kind: 'ok'; readonly hosts: readonly string[] }
  | { readonly kind: 'bad'; readonly why: string };

/** `10.0.1.0/24` or `10.0.1.7`. A network's own address and its broadcast are nobody's. */
export function addressesOf(text: string): Addresses {
  const [, a, b, c, d, prefix = '32'] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text) ?? [];
  const bytes = [a, b, c, d].map(Number);
  const bits = Number(prefix);
  if (!bytes.every((byte) => byte <= 255) || bits > 32) {
    return { kind: 'bad', why: `${text} is neither an address nor a network such as 10.0.1.0/24` };
  }
  const size = 2 ** (32 - bits);
  if (size > MOST_ADDRESSES) {
    return { kind: 'bad', why: `${text} has ${size} addresses: at most ${MOST_ADDRESSES} are searched, such as a /20` };
  }
  const base = Math.floor(bytes.reduce((sum, byte) => sum * 256 + byte, 0) / size) * size;
  const own = size > 2 ? 1 : 0;
  const hosts = Array.from({ length: size - 2 * own }, (_, i) => dotted(base + own + i));
  return { kind: 'ok', hosts };
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
