/** Why a broker connection ended, in words for the person who must mend it. */
import type { BrokerConfig } from './broker.ts';

/**
 * `version`: the broker does not speak the MQTT version we asked for.
 * `silent`: it closed without a word before greeting us, which is how some brokers refuse a version.
 */
export type LinkEnd = { kind: 'version' | 'silent' | 'other'; reason: string };

/** `problem` is the first error of the connection, if any; `greeted` whether a CONNACK accepted us. */
export function endOf(problem: unknown, greeted: boolean, config: BrokerConfig): LinkEnd {
  const broker = `broker ${address(config.url)}`;
  const code = codeOf(problem);
  if (greeted && problem === undefined) return { kind: 'other', reason: `${broker} closed the connection` };
  if (!greeted && (problem === undefined || code === 'ECONNRESET')) {
    const hint = /^(mqtts|wss):/.test(config.url)
      ? ': is this a TLS port, and does it accept our certificate?'
      : ': is this a TLS port, for mqtts:// or wss://?';
    return { kind: 'silent', reason: `${broker} closed the connection without a greeting${hint}` };
  }
  if (!greeted && (code === 1 || code === 132))
    return { kind: 'version', reason: `${broker} refused the MQTT version` };
  return { kind: 'other', reason: `${broker} ${wordsFor(code, problem, config)}` };
}

/** The words for the reason code of a DISCONNECT that the broker sent (MQTT 5 only). */
export function kickedBy(reasonCode: number | undefined, config: BrokerConfig): Error {
  if (reasonCode === 142) {
    return new Error(`ended the session: someone else connected with our client id ${config.clientId}`);
  }
  const words = new Map([
    [139, 'it shuts down'],
    [141, 'it heard nothing from us within the keep-alive'],
    [147, 'we sent more publishes at once than it takes'],
    [149, 'we sent a larger packet than it takes'],
    [151, 'we are over its quota'],
    [152, 'an administrator ended it'],
  ]);
  return new Error(`ended the session: ${words.get(reasonCode ?? 0) ?? `reason code ${reasonCode ?? 0}`}`);
}

function wordsFor(code: string | number | undefined, problem: unknown, config: BrokerConfig): string {
  const user = config.username === undefined ? 'a client without a user name' : `user name ${config.username}`;
  if (code === 4 || code === 134) return `refused ${user}: wrong user name or password`;
  if (code === 5 || code === 135) return `refused ${user}: not authorised`;
  if (code === 2 || code === 133) return `refused the client id ${config.clientId}`;
  if (code === 3 || code === 136 || code === 137) return 'is not available at the moment';
  if (typeof code === 'string' && UNKNOWN_AUTHORITY.includes(code)) {
    return config.ca === undefined
      ? 'shows a certificate that nobody vouches for here: name its authority as ca'
      : 'shows a certificate that the ca file does not vouch for';
  }
  const known = typeof code === 'string' ? networkWords.get(code) : undefined;
  if (known !== undefined) return known;
  const message = problem instanceof Error ? problem.message : String(problem);
  if (message === 'connack timeout') return 'took the connection but did not answer';
  if (message === 'Keepalive timeout') return 'stopped answering';
  if (typeof code === 'string' && /SSL|TLS|EPROTO/.test(code))
    return `and we could not agree on TLS: ${opensslWords(message)}`;
  return message.startsWith('ended the session') ? message : `failed: ${message}`;
}

const UNKNOWN_AUTHORITY: readonly string[] = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
];

const networkWords: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'refused the connection'],
  ['ECONNRESET', 'reset the connection'],
  ['EPIPE', 'reset the connection'],
  ['ETIMEDOUT', 'did not answer'],
  ['EHOSTUNREACH', 'cannot be reached: no route to the host'],
  ['ENETUNREACH', 'cannot be reached: no route to the network'],
  ['ENOTFOUND', 'cannot be found: no such host name'],
  ['EAI_AGAIN', 'cannot be found: the name server does not answer'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'shows a self-signed certificate: put it into the ca file'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'shows a certificate of an authority we do not know: put that into the ca file'],
  ['CERT_HAS_EXPIRED', "shows a certificate that has expired, or this machine's clock is wrong"],
  ['CERT_NOT_YET_VALID', "shows a certificate that is not yet valid: this machine's clock may be wrong"],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'shows a certificate for another host name'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'wants a client certificate: name ours as certificate and key'],
  ['ERR_OSSL_PEM_NO_START_LINE', 'was not asked: the ca, certificate or key file is not in PEM form'],
  ['ERR_OSSL_X509_KEY_VALUES_MISMATCH', 'was not asked: the key file does not belong to the certificate file'],
]);

/** OpenSSL's text is `...:SSL routines:its function:what happened:its source file:...`. */
function opensslWords(message: string): string {
  return /SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? message;
}

function codeOf(problem: unknown): string | number | undefined {
  if (typeof problem !== 'object' || problem === null || !('code' in problem)) return undefined;
  return typeof problem.code === 'string' || typeof problem.code === 'number' ? problem.code : undefined;
}

/** Without a user name or password that someone wrote into the URL. */
function address(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
