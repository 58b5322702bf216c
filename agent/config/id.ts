import { name } from '#protocol/ids.ts';

/** What an operator calls a thing or an issuer. At most 48 characters: alarms put a word before it. */
export const id = name.max(48);
