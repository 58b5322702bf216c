/** The part that orders and commands share: bytes from the broker -> a message whose signature holds. */
import { createHash, verify } from 'node:crypto';
import * as z from 'zod';
import type { IssuerKeys } from '#agent/config/keys.ts';
import type { Issuer, Policy } from '#agent/config/policy.ts';
import { messageId } from '#protocol/ids.ts';
import { parseJson } from '#protocol/json.ts';
import type { Refusal, RefusalCode } from '#protocol/lifecycle.ts';
import { spokenVersions } from '#protocol/order.ts';
import { bytesToSign, fromBase64Url, signature } from '#protocol/signing.ts';
import { epochMs, timestampOf } from '#protocol/time.ts';
import type { Millis } from '#protocol/units.ts';

/** Larger payloads are not even parsed. */
const MAX_PAYLOAD_BYTES = 65_536;

export type Opened = {
  readonly kind: 'opened';
  /** The JSON as received; not yet held against the strict schema. */
  readonly message: Record<string, unknown>;
  readonly issuer: Issuer;
  /** SHA-256 of the signed bytes, hex. */
  readonly digest: string;
  /** When the key was rotated, if it was. */
  readonly notAfter: Millis | undefined;
};

/** What must be readable before anything else is believed. */
const envelope = z.looseObject({ issuer: z.string(), signature });

/** Verifies over the JSON as received, so that nothing a schema drops or adds can change what was signed. */
export function open(payload: Uint8Array, policy: Policy, keys: IssuerKeys): Opened | Refusal {
  if (payload.byteLength > MAX_PAYLOAD_BYTES) {
    return unverified('too_large', `${payload.byteLength} bytes; at most ${MAX_PAYLOAD_BYTES} are read`);
  }
  const json = parseJson(payload);
  if (!isRecord(json)) return unverified('not_json', 'the payload is not a JSON object');
  if (!spokenVersions.some((version) => version === json['v'])) {
    // What a stranger has nested as deep as a payload goes is not written out: that takes more stack than there is.
    const said = typeof json['v'] === 'number' ? json['v'] : 'not a number';
    return unverified('unknown_version', `v is ${said}; this rack speaks ${spokenVersions.join(', ')}`);
  }
  const parsed = envelope.safeParse(json);
  if (!parsed.success) return unverified('malformed', firstIssue(parsed.error));
  const { issuer: claimed, signature: sealed } = parsed.data;
  const issuer = policy.issuers.find(({ id }) => id === claimed);
  if (!issuer) return unverified('unknown_issuer', `the policy names no issuer ${claimed}`);
  const known = keys.get(sealed.kid);
  if (!known) return unverified('unknown_key', `the policy names no key ${sealed.kid}`);
  if (known.issuer !== claimed) {
    return unverified('kid_of_another_issuer', `key ${sealed.kid} belongs to ${known.issuer}, not to ${claimed}`);
  }
  const bytes = signedBytes(json);
  if (!bytes || !verify(null, bytes, known.key, fromBase64Url(sealed.value))) {
    return unverified('bad_signature', `the signature does not fit key ${sealed.kid}`);
  }
  return {
    kind: 'opened',
    message: json,
    issuer,
    digest: createHash('sha256').update(bytes).digest('hex'),
    notAfter: known.notAfter,
  };
}

/** Characters: the words of strangers are in it, and events, answers and logs carry it on. */
const LONGEST_DETAIL = 300;

export function unverified(code: RefusalCode, detail: string): Refusal {
  return { kind: 'refused', code, detail: detail.slice(0, LONGEST_DETAIL), verified: false };
}

export function refused(code: RefusalCode, detail: string): Refusal {
  return { kind: 'refused', code, detail: detail.slice(0, LONGEST_DETAIL), verified: true };
}

/** The first thing wrong, as `path: what`. */
export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'not as the schema says';
  return issue.path.length ? `${issue.path.join('.')}: ${issue.message}` : issue.message;
}

/** A rotated key signs nothing new; what it signed before still counts. */
export function afterRotation({ notAfter }: Opened, issuedAt: string): Refusal | undefined {
  if (notAfter === undefined || epochMs(issuedAt) <= notAfter) return undefined;
  return refused('unknown_key', `its key was rotated at ${timestampOf(notAfter)}, before it was issued`);
}

/** The message's own id, for an answer to one that is otherwise not as it should be. */
export function idOf(message: Record<string, unknown>): { id?: string } {
  const parsed = messageId.safeParse(message['id']);
  return parsed.success ? { id: parsed.data } : {};
}

/** undefined for JSON that has no canonical form, such as a lone surrogate: nobody can have signed it. */
function signedBytes(json: Record<string, unknown>): Uint8Array | undefined {
  try {
    return bytesToSign(json);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
