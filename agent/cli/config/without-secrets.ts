/** A config fit to be shown to others. It names secrets by their files; what slips in all the same is left out. */

const HIDDEN = '(hidden)';
const SECRET = /^(password|passphrase|secret|token|api_?key)$/i;
/** `user:password@` of a URL, or a token in its place. */
const IN_URL = /^([a-z][a-z0-9+.-]*:\/\/)[^/@\s]+@/i;

export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(IN_URL, `$1${HIDDEN}@`);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, SECRET.test(key) ? HIDDEN : withoutSecrets(each)]),
  );
}
