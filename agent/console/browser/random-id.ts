/** Names that nobody else chooses. `crypto.randomUUID` is kept from pages that came over plain HTTP. */

export function randomId(bytes: number): string {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
